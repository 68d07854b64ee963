//! One answer: its status is in the trailers if it is a word, in the headers if it is an error.

use futures_util::stream;
use gusset_core::Outcome;
use gusset_testkit::RecordedCall;
use gusset_tests::clients::run;
use tonic::Code;

use crate::words::{ECHO, JOIN, REFUSE, Word};
use crate::worlds::World;

/// Complete, with a word and the trailers after it.
pub(crate) fn assert_delivered(fact: &RecordedCall) {
    assert_eq!(
        (fact.end, fact.stage, fact.trailers),
        ("Complete", None, true)
    );
    assert_eq!(
        (fact.outcome, fact.status, fact.error),
        (Outcome::Success, Some("OK"), None)
    );
    assert!(fact.bytes > 0, "{fact:?}");
}

#[test]
fn an_answer_of_a_word_is_a_success_by_the_status_in_its_trailers() {
    run(async {
        let world = World::new();
        let answer = world.caller().unary(ECHO, "hello").await;
        assert_eq!(answer.expect("a word").into_inner(), Word::new("hello"));
        let (server, client) = world.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        assert_eq!(server.bytes, client.bytes);
        // The frame's head, the field's key and length, the word.
        assert_eq!(server.bytes, 5 + 2 + 5);
        world.close();
    });
}

#[test]
fn an_error_is_told_by_the_status_in_the_headers_without_a_body() {
    run(async {
        let world = World::new();
        let error = world
            .caller()
            .unary(REFUSE, "13")
            .await
            .expect_err("an error");
        assert_eq!(error.code(), Code::Internal);
        let (server, client) = world.ended().await;
        for fact in [server, client] {
            assert_eq!(
                (fact.end, fact.stage, fact.trailers),
                ("Complete", None, false)
            );
            assert_eq!(fact.outcome, Outcome::ServerError);
            assert_eq!(
                (fact.status, fact.error),
                (Some("INTERNAL"), Some("INTERNAL"))
            );
            assert_eq!((fact.bytes, fact.pieces, fact.responses), (0, 0, 1));
        }
        world.close();
    });
}

#[test]
fn a_stream_that_is_asked_and_answered_with_one_word_is_one_call() {
    run(async {
        let world = World::new();
        let words = stream::iter(["a", "b", "c"].map(Word::new));
        let answer = world.caller().join(JOIN, words).await;
        assert_eq!(answer.expect("a word").into_inner(), Word::new("abc"));
        let (server, client) = world.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        world.close();
    });
}
