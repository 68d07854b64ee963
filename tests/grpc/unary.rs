//! Single responses: the status of a message is in the trailers, that of an error in the headers.

use futures_util::stream;
use gusset_core::Outcome;
use gusset_testkit::RecordedCall;
use gusset_tests::clients::run;
use tonic::Code;

use crate::harness::Harness;
use crate::service::{ECHO, JOIN, REFUSE, Word};

/// Asserts a complete call with a message and trailers.
pub(crate) fn assert_delivered(call: &RecordedCall) {
    assert_eq!(
        (call.end, call.stage, call.trailers),
        ("Complete", None, true)
    );
    assert_eq!(
        (call.outcome, call.status, call.error),
        (Outcome::Success, Some("OK"), None)
    );
    assert!(call.bytes > 0, "{call:?}");
}

#[test]
fn unary_call_succeeds_by_trailer_status() {
    run(async {
        let harness = Harness::new();
        let response = harness.client().unary(ECHO, "hello").await;
        assert_eq!(response.expect("a word").into_inner(), Word::new("hello"));
        let (server, client) = harness.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        assert_eq!(server.bytes, client.bytes);
        // The frame header, the key and length of the field, the text.
        assert_eq!(server.bytes, 5 + 2 + 5);
        harness.close();
    });
}

#[test]
fn unary_call_fails_by_header_status() {
    run(async {
        let harness = Harness::new();
        let error = harness
            .client()
            .unary(REFUSE, "13")
            .await
            .expect_err("an error");
        assert_eq!(error.code(), Code::Internal);
        let (server, client) = harness.ended().await;
        for call in [server, client] {
            assert_eq!(
                (call.end, call.stage, call.trailers),
                ("Complete", None, false)
            );
            assert_eq!(call.outcome, Outcome::ServerError);
            assert_eq!(
                (call.status, call.error),
                (Some("INTERNAL"), Some("INTERNAL"))
            );
            assert_eq!((call.bytes, call.chunks, call.responses), (0, 0, 1));
        }
        harness.close();
    });
}

#[test]
fn client_stream_is_one_call() {
    run(async {
        let harness = Harness::new();
        let words = stream::iter(["a", "b", "c"].map(Word::new));
        let response = harness.client().join(JOIN, words).await;
        assert_eq!(response.expect("a word").into_inner(), Word::new("abc"));
        let (server, client) = harness.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        harness.close();
    });
}
