//! Bodies that are shorter or longer than declared.
//!
//! A body that ends before its `content-length`, or exceeds it, has failed. Over HTTP/1, hyper
//! closes the connection within a short body (`proto/h1/dispatch.rs`, `end_body`) and truncates a
//! long one (`proto/h1/encode.rs`, `BufKind::Limited`). Over HTTP/2 it sends the body unchanged,
//! and the client resets the stream.

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use gusset_tests::wire::{self, Wire};
use http::{Method, Request, Response, header};
use http_body::SizeHint;

/// A body and its declared lengths.
#[derive(Clone, Copy, Debug)]
struct DeclaredBody {
    /// The `content-length`.
    header: Option<u64>,
    /// The exact size hint. It must not contradict the header, because hyper asserts that.
    hint: Option<u64>,
    /// The number of chunks of four bytes.
    chunks: usize,
    trailers: bool,
    /// Whether the last frame has an end hint.
    has_end_hint: bool,
}

/// The expected end, and the bytes until then.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Complete(u64),
    Mismatch(u64),
}

const CORRECT: DeclaredBody = DeclaredBody {
    header: None,
    hint: None,
    chunks: 2,
    trailers: false,
    has_end_hint: false,
};

/// Each body with its expected end over HTTP/1 and over HTTP/2.
const BODIES: [(&str, DeclaredBody, Expected, Expected); 12] = [
    (
        "shorter than the header, then its end",
        DeclaredBody {
            header: Some(10),
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        "shorter than the header, with an end hint",
        DeclaredBody {
            header: Some(10),
            has_end_hint: true,
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        "shorter than the header, then trailers",
        DeclaredBody {
            header: Some(10),
            trailers: true,
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        "shorter than the hint",
        DeclaredBody {
            hint: Some(10),
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        "empty, with a longer header",
        DeclaredBody {
            header: Some(10),
            chunks: 0,
            ..CORRECT
        },
        Expected::Mismatch(0),
        Expected::Mismatch(0),
    ),
    (
        "empty with an end hint, with a longer header",
        DeclaredBody {
            header: Some(10),
            chunks: 0,
            has_end_hint: true,
            ..CORRECT
        },
        Expected::Mismatch(0),
        Expected::Mismatch(0),
    ),
    (
        "longer than the header, within a chunk",
        DeclaredBody {
            header: Some(6),
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        "longer than the header, within the last chunk",
        DeclaredBody {
            header: Some(6),
            has_end_hint: true,
            ..CORRECT
        },
        Expected::Mismatch(8),
        Expected::Mismatch(8),
    ),
    (
        // Over HTTP/1 the body is not polled again, so the excess is unknown. Over HTTP/2 it is
        // polled.
        "longer than the header, in another chunk",
        DeclaredBody {
            header: Some(4),
            ..CORRECT
        },
        Expected::Complete(4),
        Expected::Mismatch(8),
    ),
    (
        "longer than the hint, in another chunk",
        DeclaredBody {
            hint: Some(4),
            ..CORRECT
        },
        Expected::Complete(4),
        Expected::Mismatch(8),
    ),
    (
        "not empty, with a hint of zero",
        DeclaredBody {
            hint: Some(0),
            ..CORRECT
        },
        Expected::Complete(0),
        Expected::Mismatch(4),
    ),
    (
        "correct",
        DeclaredBody {
            header: Some(8),
            hint: Some(8),
            trailers: true,
            ..CORRECT
        },
        Expected::Complete(8),
        Expected::Complete(8),
    ),
];

async fn respond(
    declared: DeclaredBody,
    req: Request<AnyBody>,
) -> Result<Response<AnyBody>, BoxError> {
    drop(req);
    let mut body = ScriptedBody::new();
    for _ in 0..declared.chunks {
        body = body.data("1234").pending();
    }
    if declared.has_end_hint {
        // Without a pending step after the last chunk, because that would prevent the end hint.
        body = ScriptedBody::new();
        for _ in 0..declared.chunks {
            body = body.data("1234");
        }
    } else {
        body = body.without_end_hint();
    }
    if declared.trailers {
        body = body.trailers("checksum", "of-a-kind");
    }
    if let Some(hint) = declared.hint {
        body = body.size_hint(SizeHint::with_exact(hint));
    }
    let mut res = Response::new(boxed(body));
    if let Some(length) = declared.header {
        res.headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
    }
    Ok(res)
}

/// Returns the bytes that a client receives of a body.
fn get(
    transport: Transport,
    method: &Method,
    declared: DeclaredBody,
    recorder: Option<&RecordingObserver>,
) -> Wire {
    let server = serve(transport, move |req| respond(declared, req), recorder);
    run(async {
        let (wire, connection) = if transport.is_http2() {
            let connection = http2::Connection::open(server.addr()).await;
            let req = Request::builder()
                .method(method)
                .uri("http://localhost/")
                .body(());
            let (response, _) = connection.send(req.expect("a request"), true).await;
            (http2::receive_all(response).await, Some(connection))
        } else {
            let request =
                format!("{method} / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            (
                wire::http1(&http1::Connection::round_trip(server.addr(), request).await),
                None,
            )
        };
        if let Some(recorder) = recorder {
            wait_for_calls(recorder, 1).await;
        }
        drop(connection);
        wire
    })
}

#[test]
fn body_of_wrong_length_fails() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        for (name, declared, on_http1, on_http2) in BODIES {
            let recorder = RecordingObserver::new();
            get(transport, &Method::GET, declared, Some(&recorder));
            let call = only_call(&recorder);
            let expected = if transport.is_http2() {
                on_http2
            } else {
                on_http1
            };
            let actual = (call.end, call.stage, call.outcome, call.error, call.bytes);
            let body = Some(Stage::Body);
            let mismatch = Some("body_length_mismatch");
            assert_eq!(
                actual,
                match expected {
                    Expected::Complete(bytes) => ("Complete", None, Outcome::Success, None, bytes),
                    Expected::Mismatch(bytes) =>
                        ("Failed", body, Outcome::ServerError, mismatch, bytes),
                },
                "{name}, over {transport:?}"
            );
            assert_eq!(call.status, Some("200"));
        }
    }
}

#[test]
fn bytes_of_wrong_length_are_unchanged() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            for (name, declared, ..) in BODIES {
                let observed = get(
                    transport,
                    &method,
                    declared,
                    Some(&RecordingObserver::new()),
                );
                assert_eq!(
                    observed,
                    get(transport, &method, declared, None),
                    "{name}, over {transport:?}"
                );
            }
        }
    }
}

#[test]
fn head_response_of_wrong_length_is_complete() {
    for transport in [Transport::Http1, Transport::AxumHttp1, Transport::AxumHttp2] {
        for (name, declared, ..) in BODIES {
            let recorder = RecordingObserver::new();
            let observed = get(transport, &Method::HEAD, declared, Some(&recorder));
            let call = only_call(&recorder);
            assert_eq!(
                (call.end, call.bytes),
                ("Complete", 0),
                "{name}, over {transport:?}"
            );
            assert_eq!(
                call.headers,
                Some(call.elapsed),
                "the call ended with its headers"
            );
            assert_eq!(
                observed,
                get(transport, &Method::HEAD, declared, None),
                "{name}, over {transport:?}"
            );
        }
    }
}

#[test]
fn maximum_content_length_is_checked() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        let declared = DeclaredBody {
            header: Some(u64::MAX),
            ..CORRECT
        };
        let recorder = RecordingObserver::new();
        let observed = get(transport, &Method::GET, declared, Some(&recorder));
        assert_eq!(observed, get(transport, &Method::GET, declared, None));
        let call = only_call(&recorder);
        assert_eq!(
            (call.end, call.error),
            ("Failed", Some("body_length_mismatch")),
            "over {transport:?}, where the client saw:\n{observed}"
        );
    }
}
