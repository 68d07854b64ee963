//! A service with all parts keeps its promises under each fault: breakers open, no gauge leaks, signals agree call by
//! call, and the shutdown loses nothing.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod breaker;
mod shutdown;
mod signals;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gusset::Gusset;
use gusset::chaos::{Arming, ChaosBuilder, Rule, RuleSet};
use gusset::data::{SpanData, SpanSink};
use gusset_testkit::SharedOutput;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any test.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// The exported spans.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

impl Spans {
    fn all(&self) -> Vec<SpanData> {
        self.0.lock().unwrap().clone()
    }
}

/// Returns the value of an attribute as text.
fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let mut all = span.attributes.iter();
    let (_, value) = all.find(|(key, _)| key == name)?;
    Some(value.to_string())
}

/// A service with all parts, and what it records.
struct Service {
    gusset: Gusset,
    output: SharedOutput,
    spans: Spans,
}

impl Service {
    fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let (output, spans) = (SharedOutput::default(), Spans::default());
        let rules = RuleSet::new(rules).unwrap();
        let out = output.clone();
        let gusset = gusset::builder()
            .log(|log| log.format(gusset::log::Format::Json).writer(out))
            .spans(spans.clone())
            .health(|health| health.handle_signals(false))
            .chaos(|chaos: ChaosBuilder| chaos.rules(rules).environment("test"))
            .build_with(|_| None)
            .unwrap();
        Self {
            gusset,
            output,
            spans,
        }
    }

    fn arm(&self) {
        self.gusset
            .chaos()
            .arm(Arming::for_at_most(TIME_LIMIT))
            .unwrap();
    }

    /// Returns a router, with injected faults innermost.
    fn app(&self) -> Router {
        Router::new()
            .route("/orders/{id}", get(async || "an order of some bytes"))
            .layer(self.gusset.chaos().http_server())
            .layer(self.gusset.http())
    }

    /// Returns the access log entries.
    fn access_lines(&self) -> Vec<Value> {
        let lines = self.output.lines().into_iter();
        let entries = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        entries
            .filter(|entry| entry["target"] == "gusset::access")
            .collect()
    }

    /// Waits for this number of access log entries. Servers complete their calls later than clients.
    async fn wait_for_lines(&self, count: usize) -> Vec<Value> {
        until("all calls have ended", || {
            self.access_lines().len() >= count
        })
        .await;
        let lines = self.access_lines();
        assert_eq!(lines.len(), count, "{lines:#?}");
        lines
    }

    /// Returns the sum of the samples of a metric.
    fn sum(&self, metric: &str) -> f64 {
        let page = self.gusset.telemetry().prometheus().endpoint().render();
        let samples = page.lines().filter(|line| {
            let rest = line.strip_prefix(metric);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        let values = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
        values.sum()
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Sends a request on a connection of its own.
async fn send(address: SocketAddr) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = "GET /orders/7 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Reads to the end of the connection, however it ends.
async fn read(mut connection: TcpStream) -> String {
    let mut response = Vec::new();
    let _ = connection.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

async fn until(what: &str, mut is_met: impl FnMut() -> bool) {
    let met = async {
        while !is_met() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), met)
        .await
        .expect(what);
}
