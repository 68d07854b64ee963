//! Deadlines of tonic apply outside its layers, before the headers.

use std::time::Duration;

use gusset_core::{Outcome, Stage};
use gusset_tests::clients::run;
use gusset_tests::responses::Entered;
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tonic::transport::Endpoint;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::{Code, Request};
use tower::timeout::TimeoutLayer;
use tower_layer::Layer;

use crate::harness::{Client, Harness};
use crate::service::{NEVER, Word, WordService};

const SHORT: Duration = Duration::from_millis(10);

/// Asserts that tonic dropped the future of a layer, as if the client had cancelled the call.
async fn assert_cut(on_server: &Side) {
    let server = on_server.wait_for_call().await;
    assert_eq!(
        (server.end, server.stage),
        ("Cancelled", Some(Stage::Headers))
    );
    assert_eq!(
        (server.outcome, server.status, server.error),
        (Outcome::Cancelled, None, None)
    );
}

#[test]
fn client_deadline_on_server_cancels_the_call() {
    run(async {
        let harness = Harness::new();
        // hyper's client has no deadline.
        let client = legacy::Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        let mut client = Client::new(harness.on_client.grpc_client().layer(client), harness.uri());
        let mut request = Request::new(Word::new("hello"));
        request.set_timeout(SHORT);
        let error = client.request(NEVER, request).await.expect_err("no word");
        // tonic's choice. By the specification it is DEADLINE_EXCEEDED.
        assert_eq!(
            (error.code(), error.message()),
            (Code::Cancelled, "Timeout expired")
        );
        let (_, client) = harness.ended().await;
        assert_cut(&harness.on_server).await;
        assert_eq!(
            (client.end, client.outcome),
            ("Complete", Outcome::ClientError)
        );
        assert_eq!(
            (client.status, client.error),
            (Some("CANCELLED"), Some("CANCELLED"))
        );
        harness.close();
    });
}

#[test]
fn outer_server_deadline_cancels_the_call() {
    run(async {
        let harness = Harness::served_by(Tonic::builder().timeout(SHORT));
        let error = harness.client().unary(NEVER, "hello").await;
        assert_eq!(error.expect_err("no word").code(), Code::Cancelled);
        let (_, client) = harness.ended().await;
        assert_cut(&harness.on_server).await;
        assert_eq!(
            (client.status, client.error),
            (Some("CANCELLED"), Some("CANCELLED"))
        );
        harness.close();
    });
}

#[test]
fn inner_server_deadline_fails_the_call() {
    run(async {
        let (on_server, on_client) = (Side::new(), Side::new());
        let (words, _entered): (_, Entered) = WordService::new();
        let layer = on_server.grpc_server();
        let server = Server::spawn(move |listener| async move {
            let served = Tonic::builder()
                .layer(layer)
                .layer(TimeoutLayer::new(SHORT))
                .add_service(words)
                .serve_with_incoming(TcpIncoming::from(listener));
            served.await.expect("it serves until it is dropped");
        });
        let uri: http::Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let mut client = Client::new(on_client.grpc_client().layer(channel), uri);
        client.unary(NEVER, "hello").await.expect_err("no word");
        let server = on_server.wait_for_call().await;
        assert_eq!((server.end, server.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (server.outcome, server.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(server.error, Some("timeout"));
    });
}

#[test]
fn inner_client_deadline_fails_the_call() {
    run(async {
        let harness = Harness::new();
        let channel = Endpoint::from(harness.uri()).timeout(SHORT).connect_lazy();
        let mut client = Client::new(
            harness.on_client.grpc_client().layer(channel),
            harness.uri(),
        );
        let error = client.unary(NEVER, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Cancelled);
        // The server may not have received the call by then.
        let (_, on_client) = harness.close_early();
        let client = on_client.wait_for_call().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("timeout"));
    });
}
