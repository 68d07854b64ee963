//! A client that cancels a call causes no error.

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::clients::{run, with_timeout};
use gusset_tests::side::Side;
use http::Method;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::setup::{TRANSPORTS, get, observed_client, request, serve_paths};

fn assert_cancelled(call: &RecordedCall, stage: Stage) {
    assert_eq!((call.end, call.stage), ("Cancelled", Some(stage)));
    assert_eq!((call.outcome, call.error), (Outcome::Cancelled, None));
}

/// Asserts that the client discarded the body of a good response.
fn assert_discarded(call: &RecordedCall) {
    assert_eq!((call.end, call.stage), ("Cancelled", Some(Stage::Body)));
    assert_eq!((call.outcome, call.error), (Outcome::Success, None));
}

#[test]
fn success_that_is_read_in_part_is_a_success() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            let res = get(&observed_client(&side, transport), &server, "/forever").await;
            let mut body = res.expect("a response").into_body();
            let chunk = with_timeout(body.frame())
                .await
                .expect("a chunk")
                .expect("a chunk");
            assert_eq!(chunk.into_data().expect("data"), "a chunk");
            assert_eq!(side.recorder.in_flight(), 1);
            drop(body);
            let call = side.wait_for_call().await;
            assert_discarded(&call);
            assert_eq!((call.status, call.bytes), (Some("200"), 7));
        });
    }
}

#[test]
fn success_that_is_not_read_is_a_success() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, _entered) = serve_paths(transport);
            drop(
                get(&observed_client(&side, transport), &server, "/")
                    .await
                    .expect("a response"),
            );
            let call = side.wait_for_call().await;
            assert_discarded(&call);
            assert_eq!((call.status, call.bytes), (Some("200"), 0));
        });
    }
}

#[test]
fn call_dropped_before_headers_is_cancelled() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, mut entered) = serve_paths(transport);
            let client = observed_client(&side, transport);
            tokio::select! {
                _ = get(&client, &server, "/never") => panic!("the service does not respond"),
                () = with_timeout(entered.wait()) => {}
            }
            let call = side.wait_for_call().await;
            assert_cancelled(&call, Stage::Headers);
            assert_eq!((call.status, call.responses), (None, 0));
        });
    }
}

#[test]
fn aborted_task_cancels_its_call() {
    for transport in TRANSPORTS {
        run(async {
            let side = Side::new();
            let (server, mut entered) = serve_paths(transport);
            let client = observed_client(&side, transport);
            let req = request(Method::GET, server.addr(), "/never");
            let task = tokio::spawn(client.oneshot(req));
            with_timeout(entered.wait()).await;
            task.abort();
            assert_cancelled(&side.wait_for_call().await, Stage::Headers);
        });
    }
}
