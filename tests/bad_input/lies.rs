//! Bodies that give more or less than was declared.
//!
//! A body that says its end short of its `content-length`, or hands out more, is broken: over
//! HTTP/1 hyper closes the connection in the middle of a short one (`proto/h1/dispatch.rs`,
//! `end_body`) and cuts a long one off (`proto/h1/encode.rs`, `BufKind::Limited`); over HTTP/2 it
//! sends what it is given, and the client resets the stream. None of that is success.

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::stack::{only_fact, serve, told};
use gusset_tests::wire::{self, Wire};
use http::{Method, Request, Response, header};
use http_body::SizeHint;

/// A body and what is declared of it.
#[derive(Clone, Copy, Debug)]
struct Lie {
    /// The `content-length`.
    header: Option<u64>,
    /// The body's exact size by its own account. Not together with a header that says otherwise,
    /// which hyper checks by an assertion of its own.
    hint: Option<u64>,
    /// What it gives, in pieces of four bytes.
    pieces: usize,
    trailers: bool,
    /// Whether it says with its last frame that it was the last.
    says_its_end: bool,
}

/// What is told of a lie: complete or not, after so many bytes.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Complete(u64),
    Mismatch(u64),
}

const NO_LIE: Lie = Lie {
    header: None,
    hint: None,
    pieces: 2,
    trailers: false,
    says_its_end: false,
};

/// Each lie with what is told of it over HTTP/1 and over HTTP/2.
const LIES: [(&str, Lie, Told, Told); 12] = [
    (
        "less than the header says, then its end",
        Lie {
            header: Some(10),
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        "less than the header says, and that it was the last",
        Lie {
            header: Some(10),
            says_its_end: true,
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        "less than the header says, then trailers",
        Lie {
            header: Some(10),
            trailers: true,
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        "less than its hint says",
        Lie {
            hint: Some(10),
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        "nothing, where the header says something",
        Lie {
            header: Some(10),
            pieces: 0,
            ..NO_LIE
        },
        Told::Mismatch(0),
        Told::Mismatch(0),
    ),
    (
        "nothing, and that at once, where the header says something",
        Lie {
            header: Some(10),
            pieces: 0,
            says_its_end: true,
            ..NO_LIE
        },
        Told::Mismatch(0),
        Told::Mismatch(0),
    ),
    (
        "more than the header says, from within a piece",
        Lie {
            header: Some(6),
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        "more than the header says, from within the last piece",
        Lie {
            header: Some(6),
            says_its_end: true,
            ..NO_LIE
        },
        Told::Mismatch(8),
        Told::Mismatch(8),
    ),
    (
        // Over HTTP/1 nobody asks it for more: what it would have given, nobody knows. Over HTTP/2
        // it is asked.
        "more than the header says, in a further piece",
        Lie {
            header: Some(4),
            ..NO_LIE
        },
        Told::Complete(4),
        Told::Mismatch(8),
    ),
    (
        "more than its hint says, in a further piece",
        Lie {
            hint: Some(4),
            ..NO_LIE
        },
        Told::Complete(4),
        Told::Mismatch(8),
    ),
    (
        "something, where its hint says nothing",
        Lie {
            hint: Some(0),
            ..NO_LIE
        },
        Told::Complete(0),
        Told::Mismatch(4),
    ),
    (
        "no lie",
        Lie {
            header: Some(8),
            hint: Some(8),
            trailers: true,
            ..NO_LIE
        },
        Told::Complete(8),
        Told::Complete(8),
    ),
];

async fn tell(lie: Lie, req: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    drop(req);
    let mut body = ScriptedBody::new();
    for _ in 0..lie.pieces {
        body = body.data("1234").pending();
    }
    if lie.says_its_end {
        // Not pending after the last piece, or it would not be known to be the last.
        body = ScriptedBody::new();
        for _ in 0..lie.pieces {
            body = body.data("1234");
        }
    } else {
        body = body.without_end_hint();
    }
    if lie.trailers {
        body = body.trailers("checksum", "of-a-kind");
    }
    if let Some(hint) = lie.hint {
        body = body.size_hint(SizeHint::with_exact(hint));
    }
    let mut res = Response::new(boxed(body));
    if let Some(length) = lie.header {
        res.headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
    }
    Ok(res)
}

/// Asks for a lie; gives what came.
fn ask(over: Over, method: &Method, lie: Lie, witness: Option<&RecordingObserver>) -> Wire {
    let server = serve(over, move |req| tell(lie, req), witness);
    run(async {
        let (wire, connection) = if over.is_http2() {
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
                wire::http1(&http1::Connection::ask(server.addr(), request).await),
                None,
            )
        };
        if let Some(witness) = witness {
            told(witness, 1).await;
        }
        drop(connection);
        wire
    })
}

#[test]
fn a_body_that_gives_less_or_more_than_was_declared_has_failed() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        for (name, lie, over_http1, over_http2) in LIES {
            let witness = RecordingObserver::new();
            ask(over, &Method::GET, lie, Some(&witness));
            let fact = only_fact(&witness);
            let expected = if over.is_http2() {
                over_http2
            } else {
                over_http1
            };
            let told = (fact.end, fact.stage, fact.outcome, fact.error, fact.bytes);
            let body = Some(Stage::Body);
            let mismatch = Some("body_length_mismatch");
            assert_eq!(
                told,
                match expected {
                    Told::Complete(bytes) => ("Complete", None, Outcome::Success, None, bytes),
                    Told::Mismatch(bytes) =>
                        ("Failed", body, Outcome::ServerError, mismatch, bytes),
                },
                "{name}, over {over:?}"
            );
            assert_eq!(fact.status, Some("200"));
        }
    }
}

#[test]
fn the_bytes_of_a_lie_are_those_of_the_bare_service() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        for method in [Method::GET, Method::OPTIONS] {
            for (name, lie, ..) in LIES {
                let observed = ask(over, &method, lie, Some(&RecordingObserver::new()));
                assert_eq!(
                    observed,
                    ask(over, &method, lie, None),
                    "{name}, over {over:?}"
                );
            }
        }
    }
}

#[test]
fn a_lie_about_a_body_that_nobody_gets_is_complete() {
    for over in [Over::Http1, Over::AxumHttp1, Over::AxumHttp2] {
        for (name, lie, ..) in LIES {
            let witness = RecordingObserver::new();
            let observed = ask(over, &Method::HEAD, lie, Some(&witness));
            let fact = only_fact(&witness);
            assert_eq!(
                (fact.end, fact.bytes),
                ("Complete", 0),
                "{name}, over {over:?}"
            );
            assert_eq!(fact.head, Some(fact.elapsed), "it ended at its head");
            assert_eq!(
                observed,
                ask(over, &Method::HEAD, lie, None),
                "{name}, over {over:?}"
            );
        }
    }
}

#[test]
fn the_longest_length_there_is_is_a_length_too() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        let lie = Lie {
            header: Some(u64::MAX),
            ..NO_LIE
        };
        let witness = RecordingObserver::new();
        let observed = ask(over, &Method::GET, lie, Some(&witness));
        assert_eq!(observed, ask(over, &Method::GET, lie, None));
        let fact = only_fact(&witness);
        assert_eq!(
            (fact.end, fact.error),
            ("Failed", Some("body_length_mismatch")),
            "over {over:?}, where the client saw:\n{observed}"
        );
    }
}
