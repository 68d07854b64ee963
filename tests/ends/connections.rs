//! Connections and servers that go away with calls under way.

use std::future::pending;

use gusset_core::{Outcome, Stage};
use gusset_testkit::{RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError, FIRST, boxed};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run, soon};
use gusset_tests::stack::{only_fact, serve, told};
use http::{Request, Response};
use http_body_util::Full;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// More than any window or buffer between the two takes.
const LARGE: usize = 32 << 20;

/// Answers never, without an end, at once, or with more than fits.
async fn answer(
    req: Request<AnyBody>,
    entered: UnboundedSender<()>,
) -> Result<Response<AnyBody>, BoxError> {
    let _ = entered.send(());
    Ok(Response::new(match req.uri().path() {
        "/never" => pending().await,
        "/endless" => boxed(ScriptedBody::new().data(FIRST).pend_forever()),
        "/large" => boxed(Full::from(vec![b'x'; LARGE])),
        _ => boxed(Full::from(FIRST)),
    }))
}

/// What was told of calls under way when all was over, by the order of their ends or not.
fn ends(witness: &RecordingObserver) -> Vec<(&'static str, Option<Stage>)> {
    let mut ends: Vec<_> = witness
        .calls()
        .iter()
        .map(|fact| (fact.end, fact.stage))
        .collect();
    ends.sort_by_key(|(end, stage)| (*end, stage.map(Stage::as_str)));
    assert_eq!(witness.in_flight(), 0);
    ends
}

#[test]
fn every_stream_of_an_http2_connection_that_breaks_has_its_own_end() {
    for over in [Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(over, move |req| answer(req, enter.clone()), Some(&witness));
        // The runtime goes at the end of `run`, and with it the connection, just like that.
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let _never = connection.send(get("never"), true).await;
            let (endless, _) = connection.send(get("endless"), true).await;
            let mut endless = soon(endless).await.expect("a head").into_body();
            assert_eq!(
                soon(endless.data()).await.expect("data").expect("no error"),
                FIRST
            );
            http2::receive_all(connection.send(get("small"), true).await.0).await;
            for _ in 0..3 {
                soon(entered.recv()).await;
            }
            assert_eq!((told(&witness, 1).await.len(), witness.in_flight()), (1, 2));
        });
        run(told(&witness, 3));
        drop(server);
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
            ("Complete", None),
        ];
        assert_eq!(ends(&witness), all);
    }
}

#[test]
fn a_stream_that_is_reset_ends_alone() {
    for over in [Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(over, move |req| answer(req, enter.clone()), Some(&witness));
        run(async {
            let connection = http2::Connection::open(server.addr()).await;
            let (never, _) = connection.send(get("never"), true).await;
            let (other, _) = connection.send(get("endless"), true).await;
            let other = soon(other).await.expect("a head");
            for _ in 0..2 {
                soon(entered.recv()).await;
            }
            drop(never);
            told(&witness, 1).await;
            assert_eq!(ends_so_far(&witness), (vec!["Cancelled"], 1));
            drop(other);
            told(&witness, 2).await;
        });
        drop(server);
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
        ];
        assert_eq!(ends(&witness), all);
    }
}

#[test]
fn calls_under_way_when_the_server_stops_are_cancelled() {
    for over in [Over::Http1, Over::AxumHttp1] {
        let witness = RecordingObserver::new();
        let (enter, mut entered) = unbounded_channel();
        let server = serve(over, move |req| answer(req, enter.clone()), Some(&witness));
        run(async {
            let mut first = http1::Connection::open(server.addr()).await;
            first
                .send("GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            let mut second = http1::Connection::open(server.addr()).await;
            second
                .send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            second.receive_to(FIRST).await;
            for _ in 0..2 {
                soon(entered.recv()).await;
            }
            assert_eq!((witness.calls().len(), witness.in_flight()), (0, 2));
            drop(server);
        });
        let all = [
            ("Cancelled", Some(Stage::Body)),
            ("Cancelled", Some(Stage::Headers)),
        ];
        assert_eq!(ends(&witness), all);
    }
}

#[test]
fn a_body_handed_out_in_one_piece_is_complete_though_the_client_reads_only_its_start() {
    for over in [Over::Http1, Over::AxumHttp1, Over::Http2, Over::AxumHttp2] {
        let witness = RecordingObserver::new();
        let (enter, _entered) = unbounded_channel();
        let server = serve(over, move |req| answer(req, enter.clone()), Some(&witness));
        run(async {
            if over.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let (response, _) = connection.send(get("large"), true).await;
                let mut body = soon(response).await.expect("a head").into_body();
                soon(body.data()).await.expect("data").expect("no error");
                told(&witness, 1).await;
            } else {
                let mut connection = http1::Connection::open(server.addr()).await;
                connection
                    .send("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .await;
                connection.receive_to("xxx").await;
                told(&witness, 1).await;
            }
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!(
            (fact.end, fact.outcome),
            ("Complete", Outcome::Success),
            "{over:?}"
        );
        assert_eq!(fact.bytes, LARGE as u64);
    }
}

fn ends_so_far(witness: &RecordingObserver) -> (Vec<&'static str>, usize) {
    (
        witness.calls().iter().map(|fact| fact.end).collect(),
        witness.in_flight(),
    )
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("http://localhost/{path}"))
        .body(())
        .expect("a request")
}
