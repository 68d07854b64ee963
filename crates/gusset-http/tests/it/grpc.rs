//! Classification of gRPC calls by their status, in headers and in trailers.

use gusset_core::{Clock, Outcome, Rejected};
use gusset_http::{GrpcCode, GrpcServerClassifier};
use gusset_testkit::{RecordedCall, ScriptedBody};
use http::{HeaderMap, HeaderValue, Method, Response};

use crate::support::{drain, frame, grpc_request, observe_as, only, request, status};

use Outcome::{Cancelled, ClientError, ServerError, Success};

/// Every code, its name and its outcome (semantic conventions, gRPC).
const CODES: [(&str, &str, Outcome); 17] = [
    ("0", "OK", Success),
    ("1", "CANCELLED", ClientError),
    ("2", "UNKNOWN", ServerError),
    ("3", "INVALID_ARGUMENT", ClientError),
    ("4", "DEADLINE_EXCEEDED", ServerError),
    ("5", "NOT_FOUND", ClientError),
    ("6", "ALREADY_EXISTS", ClientError),
    ("7", "PERMISSION_DENIED", ClientError),
    ("8", "RESOURCE_EXHAUSTED", ClientError),
    ("9", "FAILED_PRECONDITION", ClientError),
    ("10", "ABORTED", ClientError),
    ("11", "OUT_OF_RANGE", ClientError),
    ("12", "UNIMPLEMENTED", ServerError),
    ("13", "INTERNAL", ServerError),
    ("14", "UNAVAILABLE", ServerError),
    ("15", "DATA_LOSS", ServerError),
    ("16", "UNAUTHENTICATED", ClientError),
];

fn call(response: Response<ScriptedBody>) -> RecordedCall {
    let (mut response, recorder) =
        observe_as::<GrpcServerClassifier, _>(grpc_request("/a.B/C"), response, Clock::system());
    drain(response.body_mut());
    drop(response);
    only(&recorder)
}

fn trailers_only(code: &str) -> Response<ScriptedBody> {
    Response::builder()
        .header("grpc-status", code)
        .body(ScriptedBody::new())
        .unwrap()
}

fn message() -> ScriptedBody {
    ScriptedBody::new().data("message")
}

#[test]
fn every_code_is_read_from_trailers_and_headers() {
    for (code, name, outcome) in CODES {
        let error = (outcome == ServerError).then_some(name);
        let in_trailers = call(Response::new(message().trailers("grpc-status", code)));
        assert!(in_trailers.trailers);
        for call in [in_trailers, call(trailers_only(code))] {
            assert_eq!(
                (call.status, call.error, call.outcome),
                (Some(name), error, outcome)
            );
        }
    }
}

#[test]
fn trailers_have_precedence_over_headers() {
    let mut response = Response::new(message().trailers("grpc-status", "13"));
    response
        .headers_mut()
        .insert("grpc-status", HeaderValue::from_static("0"));
    assert_eq!(call(response).status, Some("INTERNAL"));

    let mut response = Response::new(message().trailers("other", "13"));
    response
        .headers_mut()
        .insert("grpc-status", HeaderValue::from_static("5"));
    assert_eq!(call(response).status, Some("NOT_FOUND"));
}

#[test]
fn missing_status_follows_from_the_http_status() {
    let table = [
        (200, "UNKNOWN", ServerError),
        (400, "INTERNAL", ServerError),
        (401, "UNAUTHENTICATED", ClientError),
        (403, "PERMISSION_DENIED", ClientError),
        (404, "UNIMPLEMENTED", ServerError),
        (418, "UNKNOWN", ServerError),
        (429, "UNAVAILABLE", ServerError),
        (500, "UNKNOWN", ServerError),
        (502, "UNAVAILABLE", ServerError),
        (503, "UNAVAILABLE", ServerError),
        (504, "UNAVAILABLE", ServerError),
        (505, "UNKNOWN", ServerError),
    ];
    for (code, name, outcome) in table {
        for body in [
            ScriptedBody::new(),
            message(),
            message().trailers("other", "0"),
        ] {
            let call = call(status(code, body));
            assert_eq!(
                (call.status, call.outcome),
                (Some(name), outcome),
                "HTTP {code}"
            );
        }
    }
}

#[test]
fn incomplete_call_has_the_status_of_its_headers() {
    let dropped = call(Response::new(message().pend_forever()));
    assert_eq!((dropped.status, dropped.outcome), (None, Cancelled));
    let fails = call(Response::new(message().error()));
    assert_eq!((fails.status, fails.error), (None, Some("_OTHER")));
    assert_eq!(fails.outcome, ServerError);

    let mut early = Response::new(message().pend_forever());
    early
        .headers_mut()
        .insert("grpc-status", HeaderValue::from_static("0"));
    let early = call(early);
    assert_eq!((early.status, early.outcome), (Some("OK"), Cancelled));
}

#[test]
fn marked_response_is_rejected() {
    let mut response = trailers_only("14");
    response.extensions_mut().insert(Rejected::new("breaker"));
    let call = call(response);
    assert_eq!(
        (call.outcome, call.error),
        (Outcome::Rejected, Some("UNAVAILABLE"))
    );
}

#[test]
fn invalid_code_is_unknown_and_missing_code_is_none() {
    let code = |value: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_bytes(value).unwrap());
        GrpcCode::from_headers(&headers)
    };
    assert_eq!(code(b"0"), Some(GrpcCode::OK));
    // gRPC clients do not accept "+0" as a number.
    for value in [
        &b""[..],
        b"17",
        b"255",
        b"256",
        b"-1",
        b"+0",
        b" 0",
        b"0 ",
        b"OK",
        b"0x0",
        b"\xff",
    ] {
        assert_eq!(code(value), Some(GrpcCode::UNKNOWN), "{value:?}");
    }
    assert_eq!(GrpcCode::from_headers(&HeaderMap::new()), None);
}

#[test]
fn client_that_leaves_before_the_status_cancels_the_call() {
    let length = http_body::SizeHint::with_exact(7);
    let body = message().trailers("grpc-status", "0").size_hint(length);
    let request = grpc_request("/a.B/C");
    let (mut response, recorder) =
        observe_as::<GrpcServerClassifier, _>(request, Response::new(body), Clock::system());
    let _ = frame(response.body_mut());
    drop(response);
    assert_eq!(only(&recorder).outcome, Cancelled);
}

#[test]
fn status_408_to_a_request_that_is_not_grpc_is_an_error_of_the_own_server() {
    let classify = |code: u16| {
        let (response, recorder) = observe_as::<GrpcServerClassifier, _>(
            request(Method::GET),
            status(code, ScriptedBody::new()),
            Clock::system(),
        );
        drop(response);
        let call = only(&recorder);
        (call.outcome, call.error)
    };
    assert_eq!(classify(408), (ServerError, Some("408")));
    assert_eq!(classify(404), (ClientError, None));
}
