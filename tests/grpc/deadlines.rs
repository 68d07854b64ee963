//! Deadlines, where tonic keeps them: outside of every layer, before the head.

use std::time::Duration;

use gusset_core::{Outcome, Stage};
use gusset_tests::answers::Entered;
use gusset_tests::clients::run;
use gusset_tests::numbers::Side;
use gusset_tests::servers::Server;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::transport::Endpoint;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::{Code, Request};
use tower::timeout::TimeoutLayer;
use tower_layer::Layer;

use crate::words::{NEVER, Word, Words};
use crate::worlds::{Caller, World};

const SHORT: Duration = Duration::from_millis(10);

/// What a layer in tonic sees of a deadline of tonic's: its future is dropped, as if by a caller
/// that left.
async fn assert_cut(on_server: &Side) {
    let server = on_server.told_one().await;
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
fn the_caller_s_deadline_kept_by_the_server_cuts_the_call() {
    run(async {
        let world = World::new();
        // hyper's client keeps no deadline of its own.
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        let mut caller = Caller::new(world.on_client.grpc_client().layer(client), world.uri());
        let mut request = Request::new(Word::new("hello"));
        request.set_timeout(SHORT);
        let error = caller.request(NEVER, request).await.expect_err("no word");
        // tonic's word for it; by the specification it is DEADLINE_EXCEEDED.
        assert_eq!(
            (error.code(), error.message()),
            (Code::Cancelled, "Timeout expired")
        );
        let (_, client) = world.ended().await;
        assert_cut(&world.on_server).await;
        assert_eq!(
            (client.end, client.outcome),
            ("Complete", Outcome::ClientError)
        );
        assert_eq!(
            (client.status, client.error),
            (Some("CANCELLED"), Some("CANCELLED"))
        );
        world.close();
    });
}

#[test]
fn the_server_s_own_deadline_outside_of_the_layer_cuts_the_call() {
    run(async {
        let world = World::served_by(Tonic::builder().timeout(SHORT));
        let error = world.caller().unary(NEVER, "hello").await;
        assert_eq!(error.expect_err("no word").code(), Code::Cancelled);
        let (_, client) = world.ended().await;
        assert_cut(&world.on_server).await;
        assert_eq!(
            (client.status, client.error),
            (Some("CANCELLED"), Some("CANCELLED"))
        );
        world.close();
    });
}

#[test]
fn a_deadline_inside_of_the_layer_is_a_failure_of_the_service() {
    run(async {
        let (on_server, on_client) = (Side::new(), Side::new());
        let (words, _entered): (_, Entered) = Words::new();
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
        let mut caller = Caller::new(on_client.grpc_client().layer(channel), uri);
        caller.unary(NEVER, "hello").await.expect_err("no word");
        let server = on_server.told_one().await;
        assert_eq!((server.end, server.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (server.outcome, server.status),
            (Outcome::ServerError, None)
        );
        // tower's `Elapsed` is no error that is known here.
        assert_eq!(server.error, Some("_OTHER"));
    });
}

#[test]
fn the_client_s_own_deadline_inside_of_its_layer_fails_the_call() {
    run(async {
        let world = World::new();
        let channel = Endpoint::from(world.uri()).timeout(SHORT).connect_lazy();
        let mut caller = Caller::new(world.on_client.grpc_client().layer(channel), world.uri());
        let error = caller.unary(NEVER, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Cancelled);
        // Whether the server had heard of the call by then is a matter of chance.
        let (_, on_client) = world.close_early();
        let client = on_client.told_one().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("_OTHER"));
    });
}
