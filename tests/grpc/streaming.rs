//! Streams of responses, whose status is in the trailers.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use gusset_core::Outcome;
use gusset_data::{MetricData, MetricProducer as _};
use gusset_metrics::Registry;
use gusset_metrics::rpc_messages::RpcMessagesLayer;
use gusset_tests::clients::{run, with_timeout};
use http::Uri;
use tokio::sync::mpsc;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tonic::{Code, Status, Streaming};

use crate::harness::{Client, Harness, serve};
use crate::service::{LIST, LIST_AND_FAIL, LIST_NOTHING, REPEAT, Word, WordService};
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

/// Returns the value of a counter for one direction.
fn counted(registry: &Registry, name: &str, direction: &str) -> f64 {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| *metric.name == *name);
    let Some(MetricData::Counter(points)) = metric.map(|metric| &metric.data) else {
        return 0.0;
    };
    let of_direction = points.iter().filter(|point| {
        let mut labels = point.labels.iter();
        labels.any(|(_, value)| **value == *direction)
    });
    of_direction.map(|point| point.value).sum()
}

#[test]
fn messages_are_counted_while_a_stream_lives() {
    run(async {
        let registry = Registry::builder().build_with(|_| None).expect("valid");
        let registry = Arc::new(registry);
        let (words, _entered) = WordService::new();
        let layer = RpcMessagesLayer::server(registry.clone());
        let server = serve(Tonic::builder(), layer, words);
        let uri: Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let requests = stream::poll_fn(move |cx| receiver.poll_recv(cx));
        let word = |text: &str| Word::new(text);
        sender.send(word("one")).expect("the stream is open");
        let mut client = Client::new(channel, uri);
        let mut repeated = client.converse(REPEAT, requests).await.expect("a stream");
        for count in 1..=3_u32 {
            with_timeout(repeated.next())
                .await
                .expect("open")
                .expect("a word");
            for direction in ["receive", "transmit"] {
                let messages = counted(&registry, "gusset.rpc.server.messages", direction);
                assert_eq!(messages, f64::from(count), "{direction}");
                // Five bytes before the word, and two of its own.
                let bytes = counted(&registry, "gusset.rpc.server.io", direction);
                assert_eq!(bytes, f64::from(count * (5 + 2 + 3)), "{direction}");
            }
            sender.send(word("two")).expect("the stream is open");
        }
    });
}
