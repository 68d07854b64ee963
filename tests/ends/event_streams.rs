//! Event streams: bodies that go on for as long as the client stays.

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run, soon};
use gusset_tests::stack::{only_fact, serve, told};
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
fn an_event_stream_that_the_client_leaves_is_abandoned_and_no_error() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let server = serve(over, events, Some(&witness));
        // Every event arrives while the stream is open: none is held back by its being observed.
        run(async {
            if over.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let (response, _) = connection.send(get(), true).await;
                let mut body = soon(response).await.expect("a head").into_body();
                for event in EVENTS {
                    assert_eq!(
                        soon(body.data()).await.expect("data").expect("no error"),
                        event
                    );
                }
                assert_eq!((witness.calls().len(), witness.in_flight()), (0, 1));
                drop(body);
                told(&witness, 1).await;
            } else {
                let mut connection = http1::Connection::open(server.addr()).await;
                connection
                    .send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .await;
                for event in EVENTS {
                    connection.receive_to(event).await;
                }
                assert_eq!((witness.calls().len(), witness.in_flight()), (0, 1));
                drop(connection);
                told(&witness, 1).await;
            }
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!(
            (fact.end, fact.stage),
            ("Cancelled", Some(Stage::Body)),
            "{over:?}"
        );
        assert_eq!((fact.outcome, fact.error), (Outcome::Cancelled, None));
        assert_eq!((fact.status, fact.pieces), (Some("200"), 3));
        assert_eq!(fact.bytes, EVENTS.concat().len() as u64);
        assert!(fact.head <= fact.first_byte && fact.first_byte <= Some(fact.elapsed));
    }
}

#[test]
fn an_event_stream_that_the_service_ends_is_complete() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let server = serve(over, events_that_end, Some(&witness));
        run(async {
            if over.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let wire = http2::receive_all(connection.send(get(), true).await.0).await;
                assert!(wire.ends_with("end\n"), "{wire}");
            } else {
                let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
                let wire = http1::Connection::ask(server.addr(), request).await;
                assert!(wire.ends_with(b"\r\n0\r\n\r\n"));
            }
            told(&witness, 1).await;
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Success));
        assert_eq!(fact.bytes, EVENTS.concat().len() as u64);
    }
}

fn get() -> Request<()> {
    Request::get("http://localhost/")
        .body(())
        .expect("a request")
}
