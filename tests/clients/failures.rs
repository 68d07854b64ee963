//! Calls that fail, and their error types.

use std::net::SocketAddr;

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::bodies::BoxError;
use gusset_tests::cases::Transport;
use gusset_tests::clients::{run, with_timeout};
use gusset_tests::side::Side;
use http::Method;
use http_body_util::BodyExt;
use tokio::net::TcpSocket;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::setup::{
    TRANSPORTS, get, observed_client, plain_client, request, scripted, send, serve_paths,
};

fn assert_failed(call: &RecordedCall, stage: Stage, error: &str) {
    assert_eq!((call.end, call.stage), ("Failed", Some(stage)));
    assert_eq!(
        (call.outcome, call.error),
        (Outcome::ServerError, Some(error))
    );
}

/// Returns the record of a call to a server that sends these bytes and closes.
async fn call_with_response(response: &'static str) -> RecordedCall {
    let side = Side::new();
    let server = scripted(response);
    if let Ok(res) = get(&observed_client(&side, Transport::Http1), &server, "/").await {
        with_timeout(res.collect())
            .await
            .expect_err("the body is truncated");
    }
    side.wait_for_call().await
}

/// Returns a bound address without a listener.
fn closed_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = ([127, 0, 0, 1], 0).into();
    socket.bind(any).expect("loopback has a free port");
    let addr = socket.local_addr().expect("it is bound");
    (socket, addr)
}

#[test]
fn missing_server_is_connection_refused() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let client = observed_client(&side, transport);
            let (_socket, addr) = closed_port();
            let res = send(&client, request(Method::GET, addr, "/")).await;
            res.expect_err("the port is closed");
            let call = side.wait_for_call().await;
            assert_failed(&call, Stage::Headers, "connection_refused");
            assert_eq!((call.status, call.responses), (None, 0), "{transport:?}");
        });
    }
}

#[test]
fn cause_is_found_in_boxed_error() {
    run(async {
        let side = Side::new();
        let client = plain_client(Transport::Http1).map_err(BoxError::from);
        let client = side.http_client().layer(client);
        let (_socket, addr) = closed_port();
        let res = send(&client, request(Method::GET, addr, "/")).await;
        res.expect_err("the port is closed");
        assert_failed(
            &side.wait_for_call().await,
            Stage::Headers,
            "connection_refused",
        );
    });
}

#[test]
fn truncated_body_is_unexpected_eof() {
    run(async {
        let call =
            call_with_response("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ntoo little").await;
        assert_failed(&call, Stage::Body, "unexpected_eof");
        assert_eq!((call.status, call.bytes), (Some("200"), 10));
    });
}

#[test]
fn truncated_chunked_body_is_unexpected_eof() {
    run(async {
        let call =
            call_with_response("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
                .await;
        assert_failed(&call, Stage::Body, "unexpected_eof");
        assert_eq!((call.status, call.bytes), (Some("200"), 3));
    });
}

#[test]
fn truncated_headers_are_other_error() {
    run(async {
        // hyper's errors for these have no known cause.
        for response in ["", "HTTP/1.1 200 O", "no HTTP at all\r\n\r\n"] {
            let call = call_with_response(response).await;
            assert_failed(&call, Stage::Headers, "_OTHER");
            assert_eq!((call.status, call.responses), (None, 0), "{response:?}");
        }
    });
}

#[test]
fn server_stopped_during_body_fails_the_call() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let res = get(&observed_client(&side, transport), &server, "/forever").await;
            let mut body = res.expect("a response").into_body();
            with_timeout(body.frame())
                .await
                .expect("a chunk")
                .expect("a chunk");
            drop(server);
            with_timeout(body.frame())
                .await
                .expect("an error")
                .expect_err("an error");
            drop(body);
            let call = side.wait_for_call().await;
            assert_eq!((call.end, call.stage), ("Failed", Some(Stage::Body)));
            assert_eq!((call.outcome, call.bytes), (Outcome::ServerError, 7));
            // The errors of `h2` have no cause.
            let error = if transport.is_http2() {
                "_OTHER"
            } else {
                "unexpected_eof"
            };
            assert_eq!(call.error, Some(error));
        });
    }
}
