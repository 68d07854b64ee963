//! The shop's three signals, seen by a collector: one order is one trace through three services, and
//! every line of the log that belongs to it says so. And a collector that is not there holds up nobody.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "written for other tests too")]
#[path = "../fire/process.rs"]
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

/// What a collector has received, by path.
type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// A collector that takes everything, over HTTP and in JSON.
async fn collector() -> (String, Received) {
    async fn take(State(kept): State<Received>, uri: Uri, Json(body): Json<Value>) -> &'static str {
        kept.lock().unwrap().push((uri.path().to_owned(), body));
        "{}"
    }
    let received = Received::default();
    let app = Router::new()
        .route("/v1/{signal}", post(take))
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
    Shop::started(&mut command).await
}

async fn ask(method: &str, url: String, body: &str) -> u16 {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body.to_owned())))
        .unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

/// Places an order.
async fn order(shop: SocketAddr) {
    let filled = ask("POST", format!("http://{shop}/baskets/7/plate"), "").await;
    let order = r#"{"customer":7,"plan":"paid"}"#;
    let placed = ask("POST", format!("http://{shop}/orders"), order).await;
    assert_eq!((filled, placed), (204, 201));
}

fn items<'a>(received: &'a [(String, Value)], signal: &str, inside: [&str; 3]) -> Vec<&'a Value> {
    let path = format!("/v1/{signal}");
    let bodies = received.iter().filter(|(at, _)| *at == path);
    let mut found: Vec<&Value> = bodies.map(|(_, body)| body).collect();
    for name in inside {
        let lists = found
            .into_iter()
            .map(|value| value[name].as_array().unwrap());
        found = lists.flatten().collect();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_one_trace_through_the_shop_its_client_and_the_payments_and_every_line_says_so()
{
    let (endpoint, received) = collector().await;
    let mut shop = shop(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_SERVICE_NAME", "shop"),
    ])
    .await;
    order(shop.address).await;
    shop.process.terminate();
    assert!(shop.process.ended().await.success());

    let received = received.lock().unwrap();
    let spans = items(
        &received,
        "traces",
        ["resourceSpans", "scopeSpans", "spans"],
    );
    let one = |name: &str, kind: u64| {
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
    let placed = one("POST /orders", server);
    let asked = one("POST /charges", client);
    let charged = one("POST /charges", server);
    assert_eq!(asked["parentSpanId"], placed["spanId"]);
    assert_eq!(charged["parentSpanId"], asked["spanId"]);
    let trace = &placed["traceId"];
    assert_eq!([&asked["traceId"], &charged["traceId"]], [trace, trace]);
    assert!(placed["attributes"].to_string().contains("shop.plan"));

    // A line each of the three calls, and one that the handler wrote.
    let logged = shop.process.logged();
    let lines = logged
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    let of_order: Vec<_> = lines
        .iter()
        .filter(|line| line["trace_id"] == *trace)
        .collect();
    assert_eq!(of_order.len(), 4, "{logged}");
    let on: BTreeSet<_> = of_order
        .iter()
        .map(|line| line["span_id"].to_string())
        .collect();
    let spans = [placed, asked, charged].map(|span| span["spanId"].to_string());
    assert_eq!(on, BTreeSet::from(spans));
    let requests: BTreeSet<_> = of_order
        .iter()
        .map(|line| line["request_id"].to_string())
        .collect();
    assert_eq!(
        requests.len(),
        1,
        "the id of the request goes with it: {requests:?}"
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
async fn a_collector_that_takes_and_never_answers_holds_up_neither_calls_nor_the_end() {
    // Connections wait in its backlog for ever.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", dead.local_addr().unwrap());
    let mut shop = shop(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    for _ in 0..20 {
        order(shop.address).await;
    }
    let start = tokio::time::Instant::now();
    shop.process.terminate();
    assert!(shop.process.ended().await.success());
    // The shop gives its signals five seconds.
    assert!(start.elapsed() < Duration::from_secs(30));
    let said = shop.process.printed();
    assert!(said.contains("not all telemetry was exported"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_collector_a_line_says_what_is_not_exported() {
    let mut shop = shop(&[]).await;
    order(shop.address).await;
    shop.process.terminate();
    assert!(shop.process.ended().await.success());
    let logged = shop.process.logged();
    let said = logged.lines().filter(|line| line.contains("not exported"));
    assert_eq!(said.count(), 1, "{logged}");
    assert!(!shop.process.printed().contains("not all telemetry"));
}
