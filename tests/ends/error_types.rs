//! `error.type`: a cause that has a name is called by it, through whatever wraps it on its way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::stack::{only_fact, serve, told};
use http::{Request, Response};
use http_body::{Body, Frame};

/// A body that waits for something in vain.
struct TimesOut;

impl Body for TimesOut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }
}

async fn times_out_in_the_body(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Ok(Response::new(boxed(TimesOut)))
}

async fn times_out(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    Err(io::Error::from(io::ErrorKind::TimedOut).into())
}

fn ask<H: gusset_tests::stack::Handler>(over: Over, handler: H) -> RecordedCall {
    let witness = RecordingObserver::new();
    let server = serve(over, handler, Some(&witness));
    run(async {
        if over.is_http2() {
            let connection = http2::Connection::open(server.addr()).await;
            let req = Request::get("http://localhost/")
                .body(())
                .expect("a request");
            http2::receive_all(connection.send(req, true).await.0).await;
            told(&witness, 1).await;
        } else {
            http1::Connection::ask(server.addr(), "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            told(&witness, 1).await;
        }
    });
    drop(server);
    only_fact(&witness)
}

#[test]
fn a_service_s_error_is_called_by_the_name_of_its_cause() {
    for over in [Over::Http1, Over::Http2] {
        let fact = ask(over, times_out);
        assert_eq!(
            (fact.end, fact.stage),
            ("Failed", Some(Stage::Headers)),
            "{over:?}"
        );
        assert_eq!(
            (fact.outcome, fact.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}

#[test]
fn a_body_s_error_is_called_by_the_name_of_its_cause() {
    for over in [Over::Http1, Over::Http2] {
        let fact = ask(over, times_out_in_the_body);
        assert_eq!(
            (fact.end, fact.stage),
            ("Failed", Some(Stage::Body)),
            "{over:?}"
        );
        assert_eq!(
            (fact.outcome, fact.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}

#[test]
fn a_body_s_error_is_called_by_the_name_of_its_cause_in_axum_s_own_error_too() {
    for over in [Over::AxumHttp1, Over::AxumHttp2] {
        let fact = ask(over, times_out_in_the_body);
        assert_eq!(
            (fact.end, fact.stage),
            ("Failed", Some(Stage::Body)),
            "{over:?}"
        );
        assert_eq!(
            (fact.outcome, fact.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}
