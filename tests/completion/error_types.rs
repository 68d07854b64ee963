//! `error.type` is the name of a known cause, however it is wrapped.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run};
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use http::{Request, Response};
use http_body::{Body, Frame};

/// A body that times out.
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

fn record_call<H: gusset_tests::stack::Handler>(transport: Transport, handler: H) -> RecordedCall {
    let recorder = RecordingObserver::new();
    let server = serve(transport, handler, Some(&recorder));
    run(async {
        if transport.is_http2() {
            let connection = http2::Connection::open(server.addr()).await;
            let req = Request::get("http://localhost/")
                .body(())
                .expect("a request");
            http2::receive_all(connection.send(req, true).await.0).await;
            wait_for_calls(&recorder, 1).await;
        } else {
            http1::Connection::round_trip(
                server.addr(),
                "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
            )
            .await;
            wait_for_calls(&recorder, 1).await;
        }
    });
    drop(server);
    only_call(&recorder)
}

#[test]
fn service_error_is_named_after_its_cause() {
    for transport in [Transport::Http1, Transport::Http2] {
        let call = record_call(transport, times_out);
        assert_eq!(
            (call.end, call.stage),
            ("Failed", Some(Stage::Headers)),
            "{transport:?}"
        );
        assert_eq!(
            (call.outcome, call.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}

#[test]
fn body_error_is_named_after_its_cause() {
    for transport in [Transport::Http1, Transport::Http2] {
        let call = record_call(transport, times_out_in_the_body);
        assert_eq!(
            (call.end, call.stage),
            ("Failed", Some(Stage::Body)),
            "{transport:?}"
        );
        assert_eq!(
            (call.outcome, call.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}

#[test]
fn cause_is_found_in_axum_error() {
    for transport in [Transport::AxumHttp1, Transport::AxumHttp2] {
        let call = record_call(transport, times_out_in_the_body);
        assert_eq!(
            (call.end, call.stage),
            ("Failed", Some(Stage::Body)),
            "{transport:?}"
        );
        assert_eq!(
            (call.outcome, call.error),
            (Outcome::ServerError, Some("timeout"))
        );
    }
}
