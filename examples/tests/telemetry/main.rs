//! The shop's logs, traces and metrics, as a collector receives them. An order is one trace through two
//! services, and its log entries have the trace id. An unreachable collector delays nothing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use it too")]
#[path = "../lifecycle/process.rs"]
mod process;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use axum::routing::post;
use axum::{Json, Router};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;

use process::{Shop, example};

/// The paths and bodies of requests that a collector received.
type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts a collector that accepts everything as JSON over HTTP.
async fn collector() -> (String, Received) {
    async fn receive(
        State(received): State<Received>,
        uri: Uri,
        Json(body): Json<Value>,
    ) -> &'static str {
        received.lock().unwrap().push((uri.path().to_owned(), body));
        "{}"
    }
    let received = Received::default();
    let app = Router::new()
        .route("/v1/{signal}", post(receive))
        .with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    (endpoint, received)
}

async fn shop(variables: &[(&str, &str)]) -> Shop {
    let mut command = Command::new(example("shop"));
    command.args(["--listen", "127.0.0.1:0"]);
    command.envs(variables.iter().copied());
    Shop::start_command(&mut command).await
}

async fn request(method: &str, url: String, body: &str) -> u16 {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let req = http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body.to_owned())))
        .unwrap();
    let response = client.request(req).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

/// Places an order.
async fn place_order(shop: SocketAddr) {
    let filled = request("POST", format!("http://{shop}/baskets/7/plate"), "").await;
    let order = r#"{"customer":7,"plan":"paid"}"#;
    let placed = request("POST", format!("http://{shop}/orders"), order).await;
    assert_eq!((filled, placed), (204, 201));
}

/// Returns the items of a signal, which are nested in three lists.
fn items<'a>(received: &'a [(String, Value)], signal: &str, lists: [&str; 3]) -> Vec<&'a Value> {
    let path = format!("/v1/{signal}");
    let bodies = received.iter().filter(|(received, _)| *received == path);
    let mut found: Vec<&Value> = bodies.map(|(_, body)| body).collect();
    for name in lists {
        found = found
            .into_iter()
            .flat_map(|value| value[name].as_array().unwrap())
            .collect();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_is_one_trace_in_all_signals() {
    let (endpoint, received) = collector().await;
    let mut shop = shop(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_SERVICE_NAME", "shop"),
    ])
    .await;
    place_order(shop.address).await;
    shop.process.terminate();
    assert!(shop.process.exit_status().await.success());

    let received = received.lock().unwrap();
    let spans = items(
        &received,
        "traces",
        ["resourceSpans", "scopeSpans", "spans"],
    );
    let find = |name: &str, kind: u64| {
        let mut found = spans
            .iter()
            .filter(|span| span["name"] == name && span["kind"] == kind);
        let span = found.next().unwrap_or_else(|| {
            panic!(
                "no {name} {kind} in {:?}",
                spans
                    .iter()
                    .map(|span| (&span["name"], &span["kind"]))
                    .collect::<Vec<_>>()
            )
        });
        assert!(found.next().is_none(), "{name} twice");
        *span
    };
    let (server, client) = (2, 3);
    let placed = find("POST /orders", server);
    let sent = find("POST /charges", client);
    let charged = find("POST /charges", server);
    assert_eq!(sent["parentSpanId"], placed["spanId"]);
    assert_eq!(charged["parentSpanId"], sent["spanId"]);
    let trace = &placed["traceId"];
    assert_eq!([&sent["traceId"], &charged["traceId"]], [trace, trace]);
    assert!(placed["attributes"].to_string().contains("shop.plan"));

    // One log entry for each of the three spans, and one by the handler.
    let log = shop.process.stdout();
    let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let entries: Vec<Value> = entries.collect();
    let of_order: Vec<_> = entries
        .iter()
        .filter(|entry| entry["trace_id"] == *trace)
        .collect();
    assert_eq!(of_order.len(), 4, "{log}");
    let span_ids: BTreeSet<_> = of_order
        .iter()
        .map(|entry| entry["span_id"].to_string())
        .collect();
    let expected = [placed, sent, charged].map(|span| span["spanId"].to_string());
    assert_eq!(span_ids, BTreeSet::from(expected));
    let request_ids: BTreeSet<_> = of_order
        .iter()
        .map(|entry| entry["request_id"].to_string())
        .collect();
    assert_eq!(
        request_ids.len(),
        1,
        "the request id is propagated: {request_ids:?}"
    );

    let records = items(
        &received,
        "logs",
        ["resourceLogs", "scopeLogs", "logRecords"],
    );
    let records = records.iter().filter(|record| record["traceId"] == *trace);
    assert_eq!(records.count(), 4);

    let metrics = items(
        &received,
        "metrics",
        ["resourceMetrics", "scopeMetrics", "metrics"],
    );
    assert!(
        metrics
            .iter()
            .any(|metric| metric["name"] == "shop.orders.placed")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_collector_delays_neither_requests_nor_exit() {
    // Connections stay in its backlog.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut shop = shop(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    for _ in 0..20 {
        place_order(shop.address).await;
    }
    let start = tokio::time::Instant::now();
    shop.process.terminate();
    assert!(shop.process.exit_status().await.success());
    // The shop's deadline for telemetry is five seconds.
    assert!(start.elapsed() < Duration::from_secs(30));
    let printed = shop.process.stderr();
    assert!(
        printed.contains("not all telemetry was exported"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_collector_is_logged_once() {
    let mut shop = shop(&[]).await;
    place_order(shop.address).await;
    shop.process.terminate();
    assert!(shop.process.exit_status().await.success());
    let log = shop.process.stdout();
    let entries = log.lines().filter(|line| line.contains("not exported"));
    assert_eq!(entries.count(), 1, "{log}");
    assert!(!shop.process.stderr().contains("not all telemetry"));
}
