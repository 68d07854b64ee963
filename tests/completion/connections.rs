//! Connections and servers that close during calls.

use std::future::pending;

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::bodies::{AnyBody, BoxError, boxed};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::responses::FIRST_CHUNK;
use gusset_tests::stack::{only_call, serve, wait_for_calls};
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// More than all windows and buffers can hold.
const LARGE: usize = 32 << 20;

/// Responds never, without an end, with more than the buffers hold, or at once.
async fn respond(
    req: Request<AnyBody>,
    entered: UnboundedSender<()>,
) -> Result<Response<AnyBody>, BoxError> {
    let _ = entered.send(());
    Ok(Response::new(match req.uri().path() {
        "/never" => pending().await,
        "/endless" => boxed(ScriptedBody::new().data(FIRST_CHUNK).pend_forever()),
        "/large" => boxed(Full::from(vec![b'x'; LARGE])),
        _ => boxed(Full::from(FIRST_CHUNK)),
    }))
}

/// Returns the ends of all calls, sorted.
fn ends(recorder: &RecordingObserver) -> Vec<(&'static str, Option<Stage>)> {
    let mut ends: Vec<_> = recorder
        .calls()
        .iter()
        .map(|call| (call.end, call.stage))
        .collect();
    ends.sort_by_key(|(end, stage)| (*end, stage.map(Stage::as_str)));
    assert_eq!(recorder.in_flight(), 0);
    ends
}

#[test]
fn broken_http2_connection_cancels_each_stream() {
    for transport in [Transport::Http2, Transport::AxumHttp2] {
        let recorder = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(
            transport,
            move |req| respond(req, enter.clone()),
            Some(&recorder),
        );
        // The connection is dropped with the runtime, at the end of `run`.
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let _never = connection.send(get("never"), true).await;
            let (endless, _) = connection.send(get("endless"), true).await;
            let mut endless = with_timeout(endless)
                .await
                .expect("response headers")
                .into_body();
            assert_eq!(
                with_timeout(endless.data())
                    .await
                    .expect("data")
                    .expect("no error"),
                FIRST_CHUNK
            );
            http2::receive_all(connection.send(get("small"), true).await.0).await;
            for _ in 0..3 {
                with_timeout(entered.recv()).await;
            }
            assert_eq!(
                (
                    wait_for_calls(&recorder, 1).await.len(),
                    recorder.in_flight()
                ),
                (1, 2)
            );
        });
        run(wait_for_calls(&recorder, 3));
        drop(server);
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
            ("Complete", None),
        ];
        assert_eq!(ends(&recorder), all);
    }
}

#[test]
fn reset_stream_is_cancelled_alone() {
    for transport in [Transport::Http2, Transport::AxumHttp2] {
        let recorder = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(
            transport,
            move |req| respond(req, enter.clone()),
            Some(&recorder),
        );
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let (never, _) = connection.send(get("never"), true).await;
            let (other, _) = connection.send(get("endless"), true).await;
            let other = with_timeout(other).await.expect("response headers");
            for _ in 0..2 {
                with_timeout(entered.recv()).await;
            }
            drop(never);
            wait_for_calls(&recorder, 1).await;
            assert_eq!(ends_until_now(&recorder), (vec!["Cancelled"], 1));
            drop(other);
            wait_for_calls(&recorder, 2).await;
        });
        drop(server);
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
        ];
        assert_eq!(ends(&recorder), all);
    }
}

#[test]
fn stopped_server_cancels_calls_in_flight() {
    for transport in [Transport::Http1, Transport::AxumHttp1] {
        let recorder = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(
            transport,
            move |req| respond(req, enter.clone()),
            Some(&recorder),
        );
        run(async {
            let mut first = http1::Connection::open(server.addr()).await;
            first
                .send("GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            let mut second = http1::Connection::open(server.addr()).await;
            second
                .send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            second.receive_to(FIRST_CHUNK).await;
            for _ in 0..2 {
                with_timeout(entered.recv()).await;
            }
            assert_eq!((recorder.calls().len(), recorder.in_flight()), (0, 2));
            drop(server);
        });
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
        ];
        assert_eq!(ends(&recorder), all);
    }
}

#[test]
fn body_of_one_chunk_is_complete() {
    for transport in [
        Transport::Http1,
        Transport::AxumHttp1,
        Transport::Http2,
        Transport::AxumHttp2,
    ] {
        let recorder = RecordingObserver::new();
        let (enter, _entered) = unbounded_channel();
        let server = serve(
            transport,
            move |req| respond(req, enter.clone()),
            Some(&recorder),
        );
        run(async {
            if transport.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let (response, _) = connection.send(get("large"), true).await;
                let mut body = with_timeout(response)
                    .await
                    .expect("response headers")
                    .into_body();
                with_timeout(body.data())
                    .await
                    .expect("data")
                    .expect("no error");
                wait_for_calls(&recorder, 1).await;
            } else {
                let mut connection = http1::Connection::open(server.addr()).await;
                connection
                    .send("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .await;
                connection.receive_to("xxx").await;
                wait_for_calls(&recorder, 1).await;
            }
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!(
            (call.end, call.outcome),
            ("Complete", Outcome::Success),
            "{transport:?}"
        );
        assert_eq!(call.bytes, LARGE as u64);
    }
}

fn ends_until_now(recorder: &RecordingObserver) -> (Vec<&'static str>, usize) {
    (
        recorder.calls().iter().map(|call| call.end).collect(),
        recorder.in_flight(),
    )
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("http://localhost/{path}"))
        .body(())
        .expect("a request")
}
