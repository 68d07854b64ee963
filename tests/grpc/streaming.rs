//! Streams of responses, whose status is in the trailers.

use futures_util::{StreamExt, stream};
use gusset_core::Outcome;
use gusset_tests::clients::{run, with_timeout};
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use crate::harness::Harness;
use crate::service::{LIST, LIST_AND_FAIL, LIST_NOTHING, REPEAT, Word};
use crate::unary::assert_delivered;

async fn read(mut list: Streaming<Word>) -> (Vec<String>, Option<Status>) {
    let mut words = Vec::new();
    while let Some(word) = with_timeout(list.next()).await {
        match word {
            Ok(word) => words.push(word.text),
            Err(status) => return (words, Some(status)),
        }
    }
    (words, None)
}

#[test]
fn stream_succeeds_by_trailer_status() {
    run(async {
        let harness = Harness::new();
        let list = harness.client().list(LIST).await.expect("a list");
        let (words, error) = read(list).await;
        assert_eq!(words, ["one", "two", "three"]);
        assert!(error.is_none());
        let (server, client) = harness.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        assert_eq!((server.bytes, client.bytes), (3 * 7 + 11, 3 * 7 + 11));
        harness.close();
    });
}

#[test]
fn stream_fails_by_trailer_status() {
    run(async {
        let harness = Harness::new();
        let list = harness.client().list(LIST_AND_FAIL).await.expect("a list");
        let (words, error) = read(list).await;
        assert_eq!(words, ["one", "two"]);
        assert_eq!(error.map(|error| error.code()), Some(Code::DataLoss));
        let (server, client) = harness.ended().await;
        for call in [server, client] {
            assert_eq!(
                (call.end, call.stage, call.trailers),
                ("Complete", None, true)
            );
            assert_eq!(call.outcome, Outcome::ServerError);
            assert_eq!(
                (call.status, call.error),
                (Some("DATA_LOSS"), Some("DATA_LOSS"))
            );
            assert_eq!(call.bytes, 2 * 7 + 6);
        }
        harness.close();
    });
}

#[test]
fn stream_fails_by_header_status() {
    run(async {
        let harness = Harness::new();
        let error = harness
            .client()
            .list(LIST_NOTHING)
            .await
            .expect_err("no list");
        assert_eq!(error.code(), Code::PermissionDenied);
        let (server, client) = harness.ended().await;
        assert_eq!((server.outcome, server.error), (Outcome::ClientError, None));
        let named = Some("PERMISSION_DENIED");
        assert_eq!(
            (client.outcome, client.error),
            (Outcome::ClientError, named)
        );
        for call in [server, client] {
            assert_eq!((call.end, call.trailers), ("Complete", false));
            assert_eq!((call.status, call.bytes), (named, 0));
        }
        harness.close();
    });
}

#[test]
fn bidirectional_stream_is_one_call() {
    run(async {
        let harness = Harness::new();
        let (sender, requests) = mpsc::unbounded_channel();
        let requests = stream::unfold(requests, async |mut requests| {
            requests.recv().await.map(|word| (word, requests))
        });
        let mut responses = {
            sender
                .send(Word::new("first"))
                .expect("the receiver is open");
            harness
                .client()
                .converse(REPEAT, requests)
                .await
                .expect("a list")
        };
        for word in ["first", "second"] {
            let echoed = with_timeout(responses.next())
                .await
                .expect("a word")
                .expect("a word");
            assert_eq!(echoed.text, word);
            // Both directions are open, so the call is in flight.
            assert_eq!(harness.on_server.recorder.in_flight(), 1);
            assert_eq!(harness.on_client.recorder.in_flight(), 1);
            if word == "first" {
                sender
                    .send(Word::new("second"))
                    .expect("the receiver is open");
            }
        }
        drop(sender);
        assert!(with_timeout(responses.next()).await.is_none());
        let (server, client) = harness.ended().await;
        assert_delivered(&server);
        assert_delivered(&client);
        harness.close();
    });
}
