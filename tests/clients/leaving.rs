//! A client that leaves by itself: nobody's fault, and no error.

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::clients::{run, soon};
use gusset_tests::numbers::Side;
use http::Method;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::worlds::{OVER, answering, get, observed, request};

fn assert_abandoned(fact: &RecordedCall, stage: Stage) {
    assert_eq!((fact.end, fact.stage), ("Cancelled", Some(stage)));
    assert_eq!((fact.outcome, fact.error), (Outcome::Cancelled, None));
}

#[test]
fn a_body_that_is_dropped_before_its_end_is_abandoned() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            let res = get(&observed(&side, over), &server, "/forever").await;
            let mut body = res.expect("an answer").into_body();
            let piece = soon(body.frame()).await.expect("a piece").expect("a piece");
            assert_eq!(piece.into_data().expect("data"), "a piece");
            assert_eq!(side.witness.in_flight(), 1);
            drop(body);
            let fact = side.told_one().await;
            assert_abandoned(&fact, Stage::Body);
            assert_eq!((fact.status, fact.bytes), (Some("200"), 7));
        });
    }
}

#[test]
fn a_body_that_is_never_read_is_abandoned() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, _entered) = answering(over);
            drop(
                get(&observed(&side, over), &server, "/")
                    .await
                    .expect("an answer"),
            );
            let fact = side.told_one().await;
            assert_abandoned(&fact, Stage::Body);
            assert_eq!((fact.status, fact.bytes), (Some("200"), 0));
        });
    }
}

#[test]
fn a_call_that_is_dropped_before_its_head_is_abandoned() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, mut entered) = answering(over);
            let client = observed(&side, over);
            tokio::select! {
                _ = get(&client, &server, "/never") => panic!("it never answers"),
                () = soon(entered.wait()) => {}
            }
            let fact = side.told_one().await;
            assert_abandoned(&fact, Stage::Headers);
            assert_eq!((fact.status, fact.responses), (None, 0));
        });
    }
}

#[test]
fn a_task_that_is_aborted_abandons_its_call() {
    for over in OVER {
        run(async {
            let side = Side::new();
            let (server, mut entered) = answering(over);
            let client = observed(&side, over);
            let req = request(Method::GET, server.addr(), "/never");
            let task = tokio::spawn(client.oneshot(req));
            soon(entered.wait()).await;
            task.abort();
            assert_abandoned(&side.told_one().await, Stage::Headers);
        });
    }
}
