//! Calls that one side aborts.

use futures_util::StreamExt;
use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::bodies::BoxError;
use gusset_tests::clients::{run, with_timeout};
use tonic::Code;
use tonic::transport::Endpoint;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::harness::{Client, Harness};
use crate::service::{ECHO, LIST, LIST_FOREVER, NEVER, PANIC, Word};

/// Asserts that a server's call was cancelled, whose status was not sent.
fn assert_cancelled(call: &RecordedCall, stage: Stage) {
    assert_cancelled_with(call, stage, None);
}

/// Asserts that a client gave its call up.
fn assert_given_up(call: &RecordedCall, stage: Stage) {
    assert_cancelled_with(call, stage, Some("CANCELLED"));
}

fn assert_cancelled_with(call: &RecordedCall, stage: Stage, status: Option<&str>) {
    assert_eq!((call.end, call.stage), ("Cancelled", Some(stage)));
    assert_eq!(
        (call.outcome, call.status, call.error),
        (Outcome::Cancelled, status, None)
    );
}

#[test]
fn dropped_stream_is_cancelled_on_both_sides() {
    run(async {
        let harness = Harness::new();
        let mut list = harness.client().list(LIST_FOREVER).await.expect("a list");
        let word = with_timeout(list.next())
            .await
            .expect("a word")
            .expect("a word");
        assert_eq!(word, Word::new("one"));
        assert_eq!(harness.on_server.recorder.in_flight(), 1);
        drop(list);
        let (server, client) = harness.ended().await;
        assert_cancelled(&server, Stage::Body);
        assert_given_up(&client, Stage::Body);
        for call in [server, client] {
            assert_eq!((call.bytes, call.responses), (5 + 2 + 3, 1));
        }
        assert_eq!(
            harness.on_server.rows("gusset_rpc_server_active_calls"),
            [r#"{rpc_system_name="grpc"} 0"#]
        );
        harness.close();
    });
}

#[test]
fn call_dropped_before_headers_is_cancelled() {
    run(async {
        let mut harness = Harness::new();
        let mut client = harness.client();
        tokio::select! {
            response = client.unary(NEVER, "hello") => panic!("the service does not respond: {response:?}"),
            () = with_timeout(harness.entered.wait()) => {}
        }
        let (server, client) = harness.ended().await;
        assert_cancelled(&server, Stage::Headers);
        assert_given_up(&client, Stage::Headers);
        for call in [server, client] {
            assert_eq!((call.bytes, call.responses), (0, 0));
        }
        harness.close();
    });
}

#[test]
fn stream_dropped_before_status_is_cancelled() {
    run(async {
        let harness = Harness::new();
        let mut list = harness.client().list(LIST).await.expect("a list");
        with_timeout(list.next())
            .await
            .expect("a word")
            .expect("a word");
        drop(list);
        let client = harness.on_client.wait_for_call().await;
        assert_given_up(&client, Stage::Body);
        // The server had sent everything, or was notified in time. Both are correct.
        let server = harness.on_server.wait_for_call().await;
        assert_ne!(server.outcome, Outcome::ServerError, "{server:?}");
        harness.close();
    });
}

#[test]
fn handler_panic_fails_the_client_call() {
    run(async {
        let harness = Harness::new();
        let mut stub = harness.client();
        stub.unary(PANIC, "hello").await.expect_err("no word");
        let (server, client) = harness.ended().await;
        assert_eq!(
            (server.end, server.stage),
            ("Panicked", Some(Stage::Headers))
        );
        assert_eq!(
            (server.outcome, server.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(server.error, Some("panic"));
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("_OTHER"));
        // The connection and the next call are not affected.
        stub.unary(ECHO, "hello").await.expect("a word");
        harness.on_server.wait_for_calls(2).await;
    });
}

#[test]
fn stopped_server_fails_the_stream() {
    run(async {
        let harness = Harness::new();
        let mut list = harness.client().list(LIST_FOREVER).await.expect("a list");
        with_timeout(list.next())
            .await
            .expect("a word")
            .expect("a word");
        let (on_server, on_client) = harness.close_early();
        let error = with_timeout(list.next()).await.expect("another message");
        assert_ne!(error.expect_err("an error").code(), Code::Ok);
        drop(list);
        let client = on_client.wait_for_call().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Body)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("_OTHER"));
        assert_eq!(client.bytes, 5 + 2 + 3);
        assert_cancelled(&on_server.wait_for_call().await, Stage::Body);
    });
}

#[test]
fn missing_server_fails_before_headers() {
    run(async {
        let harness = Harness::new();
        let mut client = harness.client();
        let (on_server, on_client) = harness.close_early();
        let error = client.unary(ECHO, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Unavailable);
        let client = on_client.wait_for_call().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("connection_refused"));
        assert!(on_server.recorder.calls().is_empty());
    });
}

#[test]
fn boxed_channel_error_is_named() {
    run(async {
        let harness = Harness::new();
        let channel = Endpoint::from(harness.uri()).connect_lazy();
        let uri = harness.uri();
        let (_, on_client) = harness.close_early();
        // tonic's own error type is unknown, but a boxed error is searched for causes.
        let channel = channel.map_err(BoxError::from);
        let mut client = Client::new(on_client.grpc_client().layer(channel), uri);
        let error = client.unary(ECHO, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Unavailable);
        let client = on_client.wait_for_call().await;
        assert_eq!(
            (client.end, client.error),
            ("Failed", Some("connection_refused"))
        );
    });
}
