//! Calls that fail on the way, and what their errors are called.

use std::net::SocketAddr;

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::answers::BoxError;
use gusset_tests::cases::Over;
use gusset_tests::clients::{run, soon};
use gusset_tests::numbers::Side;
use http::Method;
use http_body_util::BodyExt;
use tokio::net::TcpSocket;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::worlds::{OVER, answering, get, observed, plain, request, scripted, send};

fn assert_failed(fact: &RecordedCall, stage: Stage, error: &str) {
    assert_eq!((fact.end, fact.stage), ("Failed", Some(stage)));
    assert_eq!(
        (fact.outcome, fact.error),
        (Outcome::ServerError, Some(error))
    );
}

/// What a client is told whose server sends that and closes.
async fn fact_of(answer: &'static str) -> RecordedCall {
    let side = Side::new();
    let server = scripted(answer);
    if let Ok(res) = get(&observed(&side, Over::Http1), &server, "/").await {
        soon(res.collect()).await.expect_err("it breaks off");
    }
    side.told_one().await
}

/// An address that is taken, and where nobody listens.
fn nowhere() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = ([127, 0, 0, 1], 0).into();
    socket.bind(any).expect("loopback has a port");
    let addr = socket.local_addr().expect("it is bound");
    (socket, addr)
}

#[test]
fn a_server_that_is_not_there_refuses_the_connection() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let client = observed(&side, over);
            let (_socket, addr) = nowhere();
            let res = send(&client, request(Method::GET, addr, "/")).await;
            res.expect_err("nobody is there");
            let fact = side.told_one().await;
            assert_failed(&fact, Stage::Headers, "connection_refused");
            assert_eq!((fact.status, fact.responses), (None, 0), "{over:?}");
        });
    }
}

#[test]
fn a_cause_is_found_in_a_box_too() {
    run(async {
        let side = Side::new();
        let client = plain(Over::Http1).map_err(BoxError::from);
        let client = side.http_client().layer(client);
        let (_socket, addr) = nowhere();
        let res = send(&client, request(Method::GET, addr, "/")).await;
        res.expect_err("nobody is there");
        assert_failed(&side.told_one().await, Stage::Headers, "connection_refused");
    });
}

#[test]
fn a_body_that_is_cut_short_of_its_length_is_an_unexpected_end() {
    run(async {
        let fact = fact_of("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ntoo little").await;
        assert_failed(&fact, Stage::Body, "unexpected_eof");
        assert_eq!((fact.status, fact.bytes), (Some("200"), 10));
    });
}

#[test]
fn a_body_in_chunks_that_is_cut_before_the_last_is_an_unexpected_end() {
    run(async {
        let fact =
            fact_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await;
        assert_failed(&fact, Stage::Body, "unexpected_eof");
        assert_eq!((fact.status, fact.bytes), (Some("200"), 3));
    });
}

#[test]
fn a_head_that_is_cut_short_or_never_comes_is_an_error_without_a_name() {
    run(async {
        // hyper's own words for it have no cause that is known.
        for answer in ["", "HTTP/1.1 200 O", "no HTTP at all\r\n\r\n"] {
            let fact = fact_of(answer).await;
            assert_failed(&fact, Stage::Headers, "_OTHER");
            assert_eq!((fact.status, fact.responses), (None, 0), "{answer:?}");
        }
    });
}

#[test]
fn a_server_that_goes_in_the_middle_of_a_body_fails_the_call() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let res = get(&observed(&side, over), &server, "/forever").await;
            let mut body = res.expect("an answer").into_body();
            soon(body.frame()).await.expect("a piece").expect("a piece");
            drop(server);
            soon(body.frame())
                .await
                .expect("an error")
                .expect_err("an error");
            drop(body);
            let fact = side.told_one().await;
            assert_eq!((fact.end, fact.stage), ("Failed", Some(Stage::Body)));
            assert_eq!((fact.outcome, fact.bytes), (Outcome::ServerError, 7));
            // The errors of HTTP/2 are h2's, which show no cause.
            let error = if over.is_http2() {
                "_OTHER"
            } else {
                "unexpected_eof"
            };
            assert_eq!(fact.error, Some(error));
        });
    }
}
