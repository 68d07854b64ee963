//! The access log entries of both sides.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http};
use gusset_log::{AccessLog, FlushGuard, Format, LogLayer};
use gusset_tests::clients::{run, with_timeout};
use http::Uri;
use serde_json::Value;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tower_layer::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::{Client, serve};
use crate::service::{ECHO, LIST, LIST_AND_FAIL, LIST_FOREVER, REFUSE, WordService};

/// The written bytes.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().expect("the lock is not poisoned");
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of the process. It is global, because the server has its own thread and tasks.
struct Log {
    buffer: LogBuffer,
    guard: FlushGuard,
    read: usize,
}

impl Log {
    fn install() -> Self {
        let buffer = LogBuffer::default();
        let log = LogLayer::builder()
            .format(Format::Json)
            .writer(buffer.clone())
            .filter("off,gusset::access=info")
            .expect("a filter")
            .build_with(|_| None)
            .expect("the defaults are valid");
        let subscriber = tracing_subscriber::registry().with(log.layer);
        tracing::subscriber::set_global_default(subscriber)
            .expect("no other subscriber is installed");
        Self {
            buffer,
            guard: log.flush_guard,
            read: 0,
        }
    }

    /// Returns the entries of the next call: the server's and the client's.
    async fn call(&mut self) -> (Value, Value) {
        let both = with_timeout(async {
            loop {
                assert!(
                    self.guard.flush(Duration::from_secs(30)),
                    "all entries are written"
                );
                let buffer = self
                    .buffer
                    .0
                    .lock()
                    .expect("the lock is not poisoned")
                    .clone();
                let text = String::from_utf8(buffer).expect("entries are UTF-8");
                let entries: Vec<Value> = text
                    .lines()
                    .skip(self.read)
                    .map(|entry| serde_json::from_str(entry).expect("an entry is JSON"))
                    .collect();
                if entries.len() >= 2 {
                    break entries;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let entries = both.await;
        assert_eq!(entries.len(), 2, "one a side: {entries:?}");
        self.read += 2;
        let side = |key: &str| {
            let mut of = entries.iter().filter(|entry| entry.get(key).is_some());
            of.next().cloned().expect("an entry of that side")
        };
        (
            side("rpc.server.call.duration"),
            side("rpc.client.call.duration"),
        )
    }
}

/// Returns method, status, outcome, level and bytes.
fn summary(entry: &Value) -> (&str, Option<&str>, &str, &str, u64) {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    (
        text("rpc.method").expect("a method"),
        text("rpc.response.status_code"),
        text("gusset.outcome").expect("an outcome"),
        text("level").expect("a level"),
        entry["http.response.body.size"].as_u64().expect("a number"),
    )
}

#[test]
fn each_side_logs_one_entry_per_call() {
    run(async {
        let mut log = Log::install();
        let server = AccessLog::grpc_server().build_with(|_| None);
        let server = server.expect("the defaults are valid");
        let client = AccessLog::grpc_client().build_with(|_| None);
        let client = client.expect("the defaults are valid");
        let (words, _entered) = WordService::new();
        let layer = ObserveLayer::<Grpc, _>::new(server);
        let server = serve(Tonic::builder(), layer, words);
        let uri: Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(client);
        let mut client = Client::new(layer.layer(channel), uri);

        client.unary(ECHO, "hello").await.expect("a word");
        let (on_server, on_client) = log.call().await;
        for entry in [&on_server, &on_client] {
            let bytes = 5 + 2 + 5;
            let wanted = (
                "test.WordService/Echo",
                Some("OK"),
                "success",
                "INFO",
                bytes,
            );
            assert_eq!(summary(entry), wanted);
            assert_eq!(entry["message"], "grpc test.WordService/Echo OK");
        }
        assert_eq!(on_client["server.address"], "127.0.0.1");
        assert_eq!(on_client["server.port"], server.addr().port());

        // An error in the headers. Code 13 is a server error.
        client.unary(REFUSE, "13").await.expect_err("an error");
        let (on_server, on_client) = log.call().await;
        // A layer may have answered the server's call, so it does not prove the method.
        for (entry, method) in [
            (on_server, "_OTHER"),
            (on_client, "test.WordService/Refuse"),
        ] {
            let status = Some("INTERNAL");
            let wanted = (method, status, "server_error", "ERROR", 0);
            assert_eq!(summary(&entry), wanted);
            assert_eq!(entry["error.type"], "INTERNAL");
        }

        // Statuses in the trailers, after messages.
        for (method, succeeds) in [(LIST, true), (LIST_AND_FAIL, false)] {
            let list = client.list(method).await.expect("a list");
            let words = with_timeout(list.collect::<Vec<_>>()).await;
            assert_eq!(words.iter().all(Result::is_ok), succeeds);
            let (on_server, on_client) = log.call().await;
            for entry in [&on_server, &on_client] {
                let (of, status, outcome, ..) = summary(entry);
                assert_eq!(of, &method[1..]);
                assert_eq!(
                    (status == Some("OK"), outcome == "success"),
                    (succeeds, succeeds)
                );
            }
            assert_eq!(summary(&on_server), summary(&on_client));
        }

        // A cancelled call has no status.
        let mut list = client.list(LIST_FOREVER).await.expect("a list");
        with_timeout(list.next())
            .await
            .expect("a word")
            .expect("a word");
        drop(list);
        let (on_server, on_client) = log.call().await;
        // The client has given the call up, and the server has sent no status.
        for (entry, status) in [(on_server, None), (on_client, Some("CANCELLED"))] {
            let bytes = 5 + 2 + 3;
            let wanted = (
                "test.WordService/ListForever",
                status,
                "cancelled",
                "INFO",
                bytes,
            );
            assert_eq!(summary(&entry), wanted);
            assert_eq!(entry["gusset.stage"], "body");
        }
        drop(server);
    });
}
