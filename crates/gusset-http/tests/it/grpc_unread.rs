//! gRPC responses that are not read to their status, that hide it, or whose request is not gRPC.

use gusset_core::{Clock, Outcome};
use gusset_http::{GrpcClientClassifier, GrpcServerClassifier, HttpClassifier};
use gusset_testkit::{RecordedCall, ScriptedBody};
use http::{Method, Request, Response};

use crate::support::{drain, frame, grpc_request, observe_as, only, request, status};

use Outcome::{Cancelled, ClientError, ServerError, Success};

/// Outcome, status and `error.type`.
type Report = (Outcome, Option<&'static str>, Option<&'static str>);

fn report<R: HttpClassifier>(req: Request<()>, response: Response<ScriptedBody>) -> Report {
    let (mut response, recorder) = observe_as::<R, _>(req, response, Clock::system());
    drain(response.body_mut());
    drop(response);
    let RecordedCall {
        outcome,
        status,
        error,
        ..
    } = only(&recorder);
    (outcome, status, error)
}

fn server(response: Response<ScriptedBody>) -> Report {
    report::<GrpcServerClassifier>(grpc_request("/a.B/C"), response)
}

fn client(response: Response<ScriptedBody>) -> Report {
    report::<GrpcClientClassifier>(grpc_request("/a.B/C"), response)
}

fn endless() -> ScriptedBody {
    ScriptedBody::new().data("message").pend_forever()
}

fn with_code(code: &str, body: ScriptedBody) -> Response<ScriptedBody> {
    let response = Response::builder().header("grpc-status", code);
    response.body(body).unwrap()
}

#[test]
fn error_code_stays_an_error_when_the_body_is_not_read() {
    let unavailable = (ServerError, Some("UNAVAILABLE"), Some("UNAVAILABLE"));
    assert_eq!(server(with_code("14", endless())), unavailable);
    assert_eq!(client(with_code("14", endless())), unavailable);
    let not_found = |error| (ClientError, Some("NOT_FOUND"), error);
    assert_eq!(server(with_code("5", endless())), not_found(None));
    assert_eq!(
        client(with_code("5", endless())),
        not_found(Some("NOT_FOUND"))
    );
}

#[test]
fn http_error_stays_an_error_when_the_body_is_not_read() {
    let unavailable = (ServerError, Some("UNAVAILABLE"), Some("UNAVAILABLE"));
    assert_eq!(server(status(503, endless())), unavailable);
    assert_eq!(client(status(503, endless())), unavailable);
    let denied = Some("UNAUTHENTICATED");
    assert_eq!(server(status(401, endless())), (ClientError, denied, None));
    assert_eq!(
        client(status(401, endless())),
        (ClientError, denied, denied)
    );
}

#[test]
fn error_code_is_the_type_of_a_broken_body() {
    let fails = || ScriptedBody::new().data("message").error();
    let unavailable = (ServerError, Some("UNAVAILABLE"), Some("UNAVAILABLE"));
    assert_eq!(server(with_code("14", fails())), unavailable);
    assert_eq!(client(with_code("14", fails())), unavailable);
    assert_eq!(client(status(503, fails())), unavailable);
}

#[test]
fn call_that_its_client_gives_up_has_the_status_cancelled() {
    let given_up = client(Response::new(endless()));
    assert_eq!(given_up, (Cancelled, Some("CANCELLED"), None));
    // The server has sent no status, and the client has received none.
    assert_eq!(server(Response::new(endless())), (Cancelled, None, None));
}

#[test]
fn response_without_a_code_completes_at_its_length() {
    let length = http_body::SizeHint::with_exact(2);
    let body = ScriptedBody::new().data("no").size_hint(length);
    let (mut response, recorder) = observe_as::<GrpcServerClassifier, _>(
        grpc_request("/a.B/C"),
        status(401, body.without_end_hint()),
        Clock::system(),
    );
    let _ = frame(response.body_mut());
    drop(response);
    assert_eq!(only(&recorder).end, "Complete");
}

#[test]
fn request_that_is_not_grpc_is_a_client_error() {
    let requests: [&dyn Fn() -> Request<()>; 4] = [
        &|| request(Method::GET),
        &|| request(Method::OPTIONS),
        &|| request(Method::POST),
        &json_request,
    ];
    for req in requests {
        let server = |response| report::<GrpcServerClassifier>(req(), response);
        // What tonic answers over HTTP/2, and with `GrpcWebLayer` over HTTP/1.
        let unimplemented = with_code("12", ScriptedBody::new());
        let expected = (ClientError, Some("UNIMPLEMENTED"), None);
        assert_eq!(server(unimplemented), expected);
        for code in [400, 404, 405, 415] {
            let answer = status(code, ScriptedBody::new());
            assert_eq!(server(answer), (ClientError, None, None), "HTTP {code}");
        }
        // A page or the answer to a preflight request, and an error of the server itself.
        let page = status(200, ScriptedBody::new().data("page"));
        assert_eq!(server(page), (Success, None, None));
        let broken = status(500, ScriptedBody::new());
        assert_eq!(server(broken), (ServerError, None, Some("500")));
    }
}

fn json_request() -> Request<()> {
    let request = Request::post("/a.B/C").header("content-type", "application/json");
    request.body(()).unwrap()
}

fn web(body: ScriptedBody) -> Response<ScriptedBody> {
    let response = Response::builder().header("content-type", "application/grpc-web+proto");
    response.body(body).unwrap()
}

#[test]
fn status_that_grpc_web_hides_is_unknown_and_no_failure() {
    let message = || ScriptedBody::new().data("message and status");
    assert_eq!(server(web(message())), (Success, None, None));
    assert_eq!(client(web(message())), (Success, None, None));
    assert_eq!(server(web(ScriptedBody::new())), (Success, None, None));

    // The layer that has found the status in the body drops it.
    assert_eq!(client(web(endless())), (Success, None, None));
    assert_eq!(server(web(endless())), (Cancelled, None, None));

    let mut failed = web(message());
    *failed.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    let unavailable = (ServerError, Some("UNAVAILABLE"), Some("UNAVAILABLE"));
    assert_eq!(client(failed), unavailable);
}

#[test]
fn status_that_grpc_web_shows_is_read() {
    let in_trailers = web(ScriptedBody::new().data("m").trailers("grpc-status", "5"));
    let not_found = (ClientError, Some("NOT_FOUND"), Some("NOT_FOUND"));
    assert_eq!(client(in_trailers), not_found);
    let mut in_headers = web(ScriptedBody::new());
    in_headers
        .headers_mut()
        .insert("grpc-status", "5".parse().unwrap());
    assert_eq!(client(in_headers), not_found);
}

#[test]
fn length_of_grpc_web_is_that_of_its_encoded_body() {
    // A layer inside has decoded the trailers; `content-length` counts what was sent.
    let mut response = web(ScriptedBody::new().data("m").trailers("grpc-status", "5"));
    response
        .headers_mut()
        .insert("content-length", "40".parse().unwrap());
    let not_found = (ClientError, Some("NOT_FOUND"), Some("NOT_FOUND"));
    assert_eq!(client(response), not_found);
}
