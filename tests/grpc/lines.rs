//! The lines of both sides' logs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http};
use gusset_log::{AccessLog, FlushGuard, Format, LogLayer};
use gusset_tests::clients::{run, soon};
use http::Uri;
use serde_json::Value;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tower_layer::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::words::{ECHO, LIST, LIST_AND_FAIL, LIST_FOREVER, REFUSE, Words};
use crate::worlds::{Caller, serve};

/// What was written.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pages = self.0.lock().expect("nobody panics with it");
        pages.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of the process: the server has a thread of its own, and tasks on it.
struct Log {
    pages: Pages,
    guard: FlushGuard,
    read: usize,
}

impl Log {
    fn install() -> Self {
        let pages = Pages::default();
        let log = LogLayer::builder()
            .format(Format::Json)
            .writer(pages.clone())
            .filter("off,gusset::access=info")
            .expect("a filter")
            .build_with(|_| None)
            .expect("by convention");
        let subscriber = tracing_subscriber::registry().with(log.layer);
        tracing::subscriber::set_global_default(subscriber).expect("nobody else installs one");
        Self {
            pages,
            guard: log.flush_guard,
            read: 0,
        }
    }

    /// The next call's line of the server, and of the client.
    async fn call(&mut self) -> (Value, Value) {
        let both = soon(async {
            loop {
                assert!(self.guard.flush(Duration::from_secs(30)), "all is written");
                let pages = self.pages.0.lock().expect("nobody panics with it").clone();
                let text = String::from_utf8(pages).expect("lines are UTF-8");
                let lines: Vec<Value> = text
                    .lines()
                    .skip(self.read)
                    .map(|line| serde_json::from_str(line).expect("a line is JSON"))
                    .collect();
                if lines.len() >= 2 {
                    break lines;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let lines = both.await;
        assert_eq!(lines.len(), 2, "one a side: {lines:?}");
        self.read += 2;
        let side = |key: &str| {
            let mut of = lines.iter().filter(|line| line.get(key).is_some());
            of.next().cloned().expect("a line of that side")
        };
        (
            side("rpc.server.call.duration"),
            side("rpc.client.call.duration"),
        )
    }
}

/// Method, status, outcome, level and bytes.
fn told(line: &Value) -> (&str, Option<&str>, &str, &str, u64) {
    let text = |key: &str| line.get(key).and_then(Value::as_str);
    (
        text("rpc.method").expect("a method"),
        text("rpc.response.status_code"),
        text("gusset.outcome").expect("an outcome"),
        text("level").expect("a level"),
        line["http.response.body.size"].as_u64().expect("a number"),
    )
}

#[test]
fn each_side_writes_one_true_line_a_call() {
    run(async {
        let mut log = Log::install();
        let server = AccessLog::grpc_server().build_with(|_| None);
        let server = server.expect("by convention");
        let client = AccessLog::grpc_client().build_with(|_| None);
        let client = client.expect("by convention");
        let (words, _entered) = Words::new();
        let layer = ObserveLayer::<Grpc, _>::new(server);
        let server = serve(Tonic::builder(), layer, words);
        let uri: Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(client);
        let mut caller = Caller::new(layer.layer(channel), uri);

        caller.unary(ECHO, "hello").await.expect("a word");
        let (on_server, on_client) = log.call().await;
        for line in [&on_server, &on_client] {
            let bytes = 5 + 2 + 5;
            let wanted = ("test.Words/Echo", Some("OK"), "success", "INFO", bytes);
            assert_eq!(told(line), wanted);
            assert_eq!(line["message"], "grpc test.Words/Echo OK");
        }
        assert_eq!(on_client["server.address"], "127.0.0.1");
        assert_eq!(on_client["server.port"], server.addr().port());

        // An error in the headers: 13 is the service's fault.
        caller.unary(REFUSE, "13").await.expect_err("an error");
        let (on_server, on_client) = log.call().await;
        for line in [on_server, on_client] {
            let status = Some("INTERNAL");
            let wanted = ("test.Words/Refuse", status, "server_error", "ERROR", 0);
            assert_eq!(told(&line), wanted);
            assert_eq!(line["error.type"], "INTERNAL");
        }

        // Statuses in the trailers, after words.
        for (method, ends_well) in [(LIST, true), (LIST_AND_FAIL, false)] {
            let list = caller.list(method).await.expect("a list");
            let words = soon(list.collect::<Vec<_>>()).await;
            assert_eq!(words.iter().all(Result::is_ok), ends_well);
            let (on_server, on_client) = log.call().await;
            for line in [&on_server, &on_client] {
                let (of, status, outcome, ..) = told(line);
                assert_eq!(of, &method[1..]);
                assert_eq!(
                    (status == Some("OK"), outcome == "success"),
                    (ends_well, ends_well)
                );
            }
            assert_eq!(told(&on_server), told(&on_client));
        }

        // A caller that leaves: nobody's fault, and no status.
        let mut list = caller.list(LIST_FOREVER).await.expect("a list");
        soon(list.next()).await.expect("a word").expect("a word");
        drop(list);
        let (on_server, on_client) = log.call().await;
        for line in [on_server, on_client] {
            let bytes = 5 + 2 + 3;
            let wanted = ("test.Words/ListForever", None, "cancelled", "INFO", bytes);
            assert_eq!(told(&line), wanted);
            assert_eq!(line["gusset.stage"], "body");
        }
        drop(server);
    });
}
