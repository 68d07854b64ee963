//! Event streams last until the client disconnects.

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use http::{HeaderValue, Request, Response, header};

const EVENTS: [&str; 3] = ["data: one\n\n", "data: two\n\n", "data: three\n\n"];

async fn events(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let [one, two, three] = EVENTS;
    Ok(feed(
        ScriptedBody::new()
            .data(one)
            .pending()
            .data(two)
            .pending()
            .data(three)
            .pend_forever(),
    ))
}

async fn events_that_end(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
    let [one, two, three] = EVENTS;
    Ok(feed(
        ScriptedBody::new()
            .data(one)
            .pending()
            .data(two)
            .pending()
            .data(three),
    ))
}

fn feed(body: ScriptedBody) -> Response<AnyBody> {
    let mut res = Response::new(boxed(body.without_end_hint()));
    let mime = HeaderValue::from_static("text/event-stream");
    res.headers_mut().insert(header::CONTENT_TYPE, mime);
    res
}

#[test]
fn closed_event_stream_is_cancelled_without_error() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, events, Some(&recorder));
        // Every event arrives while the stream is open. The observer does not buffer them.
        run(async {
            if transport.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let (response, _) = connection.send(get(), true).await;
                let mut body = with_timeout(response)
                    .await
                    .expect("response headers")
                    .into_body();
                for event in EVENTS {
                    assert_eq!(
                        with_timeout(body.data())
                            .await
                            .expect("data")
                            .expect("no error"),
                        event
                    );
                }
                assert_eq!((recorder.calls().len(), recorder.in_flight()), (0, 1));
                drop(body);
                wait_for_calls(&recorder, 1).await;
            } else {
                let mut connection = http1::Connection::open(server.addr()).await;
                connection
                    .send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .await;
                for event in EVENTS {
                    connection.receive_to(event).await;
                }
                assert_eq!((recorder.calls().len(), recorder.in_flight()), (0, 1));
                drop(connection);
                wait_for_calls(&recorder, 1).await;
            }
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!(
            (call.end, call.stage),
            ("Cancelled", Some(Stage::Body)),
            "{transport:?}"
        );
        assert_eq!((call.outcome, call.error), (Outcome::Cancelled, None));
        assert_eq!((call.status, call.chunks), (Some("200"), 3));
        assert_eq!(call.bytes, EVENTS.concat().len() as u64);
        assert!(call.headers <= call.first_byte && call.first_byte <= Some(call.elapsed));
    }
}

#[test]
fn finished_event_stream_is_complete() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        let recorder = RecordingObserver::new();
        let server = serve(transport, events_that_end, Some(&recorder));
        run(async {
            if transport.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let wire = http2::receive_all(connection.send(get(), true).await.0).await;
                assert!(wire.ends_with("end\n"), "{wire}");
            } else {
                let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
                let wire = http1::Connection::round_trip(server.addr(), request).await;
                assert!(wire.ends_with(b"\r\n0\r\n\r\n"));
            }
            wait_for_calls(&recorder, 1).await;
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!((call.end, call.outcome), ("Complete", Outcome::Success));
        assert_eq!(call.bytes, EVENTS.concat().len() as u64);
    }
}

fn get() -> Request<()> {
    Request::get("http://localhost/")
        .body(())
        .expect("a request")
}
