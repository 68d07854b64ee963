//! Calls that one of the two leaves.

use futures_util::StreamExt;
use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::answers::BoxError;
use gusset_tests::clients::{run, soon};
use tonic::Code;
use tonic::transport::Endpoint;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::words::{ECHO, LIST, LIST_FOREVER, NEVER, PANIC, Word};
use crate::worlds::{Caller, World};

fn assert_abandoned(fact: &RecordedCall, stage: Stage) {
    assert_eq!((fact.end, fact.stage), ("Cancelled", Some(stage)));
    assert_eq!(
        (fact.outcome, fact.status, fact.error),
        (Outcome::Cancelled, None, None)
    );
}

#[test]
fn a_caller_that_leaves_a_list_abandons_it_and_nobody_is_to_blame() {
    run(async {
        let world = World::new();
        let mut list = world.caller().list(LIST_FOREVER).await.expect("a list");
        let word = soon(list.next()).await.expect("a word").expect("a word");
        assert_eq!(word, Word::new("one"));
        assert_eq!(world.on_server.witness.in_flight(), 1);
        drop(list);
        let (server, client) = world.ended().await;
        for fact in [server, client] {
            assert_abandoned(&fact, Stage::Body);
            assert_eq!((fact.bytes, fact.responses), (5 + 2 + 3, 1));
        }
        assert_eq!(
            world.on_server.rows("gusset_rpc_server_active_calls"),
            [r#"{rpc_system_name="grpc"} 0"#]
        );
        world.close();
    });
}

#[test]
fn a_caller_that_leaves_before_the_head_abandons_the_call() {
    run(async {
        let mut world = World::new();
        let mut caller = world.caller();
        tokio::select! {
            answer = caller.unary(NEVER, "hello") => panic!("it never answers: {answer:?}"),
            () = soon(world.entered.wait()) => {}
        }
        let (server, client) = world.ended().await;
        for fact in [server, client] {
            assert_abandoned(&fact, Stage::Headers);
            assert_eq!((fact.bytes, fact.responses), (0, 0));
        }
        world.close();
    });
}

#[test]
fn a_caller_that_stops_reading_when_it_has_the_words_but_not_their_status_abandons_the_call() {
    run(async {
        let world = World::new();
        let mut list = world.caller().list(LIST).await.expect("a list");
        soon(list.next()).await.expect("a word").expect("a word");
        drop(list);
        let client = world.on_client.told_one().await;
        assert_abandoned(&client, Stage::Body);
        // The server had handed out all of it, or was told in time; either is true.
        let server = world.on_server.told_one().await;
        assert_ne!(server.outcome, Outcome::ServerError, "{server:?}");
        world.close();
    });
}

#[test]
fn a_handler_that_unwinds_is_a_panic_to_the_server_and_a_failure_to_the_caller() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        caller.unary(PANIC, "hello").await.expect_err("no word");
        let (server, client) = world.ended().await;
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
        // The connection and the next call do not suffer.
        caller.unary(ECHO, "hello").await.expect("a word");
        world.on_server.told(2).await;
    });
}

#[test]
fn a_server_that_goes_in_the_middle_of_a_list_fails_it_for_the_caller() {
    run(async {
        let world = World::new();
        let mut list = world.caller().list(LIST_FOREVER).await.expect("a list");
        soon(list.next()).await.expect("a word").expect("a word");
        let (on_server, on_client) = world.close_early();
        let error = soon(list.next()).await.expect("more than the end");
        assert_ne!(error.expect_err("an error").code(), Code::Ok);
        drop(list);
        let client = on_client.told_one().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Body)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("_OTHER"));
        assert_eq!(client.bytes, 5 + 2 + 3);
        assert_abandoned(&on_server.told_one().await, Stage::Body);
    });
}

#[test]
fn a_server_that_is_not_there_fails_the_call_before_its_head() {
    run(async {
        let world = World::new();
        let mut caller = world.caller();
        let (on_server, on_client) = world.close_early();
        let error = caller.unary(ECHO, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Unavailable);
        let client = on_client.told_one().await;
        assert_eq!((client.end, client.stage), ("Failed", Some(Stage::Headers)));
        assert_eq!(
            (client.outcome, client.status),
            (Outcome::ServerError, None)
        );
        assert_eq!(client.error, Some("_OTHER"));
        assert!(on_server.witness.calls().is_empty());
    });
}

#[test]
fn an_error_of_the_channel_is_called_by_the_name_of_its_cause_once_it_is_boxed() {
    run(async {
        let world = World::new();
        let channel = Endpoint::from(world.uri()).connect_lazy();
        let uri = world.uri();
        let (_, on_client) = world.close_early();
        // tonic's own error is of a type that is not known; a box is looked into.
        let channel = channel.map_err(BoxError::from);
        let mut caller = Caller::new(on_client.grpc_client().layer(channel), uri);
        let error = caller.unary(ECHO, "hello").await.expect_err("no word");
        assert_eq!(error.code(), Code::Unavailable);
        let client = on_client.told_one().await;
        assert_eq!(
            (client.end, client.error),
            ("Failed", Some("connection_refused"))
        );
    });
}
