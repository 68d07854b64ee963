//! The trace of a shop is read back from the API of a real Jaeger.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "shared with tests that use more of it")]
#[path = "lifecycle/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

use gusset_tests::programs::{Program, TempFolder, find, until};
use process::{Shop, example};
use serde_json::Value;

/// The flags of the addresses on which Jaeger listens.
const LISTENERS: [&str; 7] = [
    "--query.http-server.host-port",
    "--collector.otlp.http.host-port",
    "--collector.otlp.grpc.host-port",
    "--query.grpc-server.host-port",
    "--collector.grpc-server.host-port",
    "--collector.http-server.host-port",
    "--admin.http.host-port",
];
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER_SPAN_ID: &str = "00f067aa0ba902b7";

async fn start_jaeger() -> Option<Program> {
    let jaeger = find("JAEGER", "jaeger")?;
    let command = move |at: &[SocketAddr], _: &TempFolder| {
        let listeners = LISTENERS.iter().zip(at);
        let mut command = Command::new(&jaeger);
        command.args(listeners.map(|(flag, at)| format!("{flag}={at}")));
        command.arg("--log-level=warn");
        command
    };
    Some(Program::start("jaeger", LISTENERS.len(), command).await)
}

/// Places an order as a client that has a trace.
async fn place_order(shop: SocketAddr) {
    let client = reqwest::Client::new();
    let basket = client.post(format!("http://{shop}/baskets/1/bolt"));
    assert_eq!(basket.send().await.unwrap().status(), 204);
    let order = client
        .post(format!("http://{shop}/orders"))
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{TRACE_ID}-{CALLER_SPAN_ID}-01"))
        .body(r#"{"customer":1,"plan":"paid"}"#);
    assert_eq!(order.send().await.unwrap().status(), 201);
}

/// A span as Jaeger returns it.
#[derive(Debug)]
struct Span {
    name: String,
    kind: String,
    service: String,
    parent: String,
}

fn spans(trace: &Value) -> BTreeMap<String, Span> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let span = |span: &Value| {
        let tags = span["tags"].as_array().unwrap();
        let kind = tags.iter().find(|tag| tag["key"] == "span.kind").unwrap();
        let parent = &span["references"][0];
        assert_eq!(parent["refType"], "CHILD_OF", "{span}");
        assert_eq!(parent["traceID"], TRACE_ID, "{span}");
        let process = &trace["processes"][span["processID"].as_str().unwrap()];
        let id = text(&span["spanID"]);
        let span = Span {
            name: text(&span["operationName"]),
            kind: text(&kind["value"]),
            service: text(&process["serviceName"]),
            parent: text(&parent["spanID"]),
        };
        (id, span)
    };
    trace["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(span)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trace_of_an_order_is_read_back() {
    let Some(jaeger) = start_jaeger().await else {
        return;
    };
    let mut command = Command::new(example("shop"));
    command
        .args(["--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"])
        .env(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            format!("http://{}/v1/traces", jaeger.addr(1)),
        )
        .env("OTEL_SERVICE_NAME", "shop")
        .env("OTEL_BSP_SCHEDULE_DELAY", "50");
    let shop = Shop::start_command(&mut command).await;
    place_order(shop.address).await;

    let url = format!("http://{}/api/traces/{TRACE_ID}", jaeger.addr(0));
    let spans = until("Jaeger has the whole trace", async || {
        let text = reqwest::get(&url).await.ok()?.text().await.ok()?;
        let response: Value = serde_json::from_str(&text).ok()?;
        let trace = response["data"].get(0)?;
        let spans = spans(trace);
        (spans.len() >= 3).then_some(spans)
    })
    .await;
    assert_eq!(spans.len(), 3, "{spans:#?}");

    // From the caller down to the payment service.
    let mut parent = CALLER_SPAN_ID;
    for (name, kind) in [
        ("POST /orders", "server"),
        ("POST /charges", "client"),
        ("POST /charges", "server"),
    ] {
        let child = spans.iter().find(|(_, span)| span.parent == parent);
        let (id, span) = child.unwrap_or_else(|| panic!("child of {parent} in {spans:#?}"));
        assert_eq!((&*span.name, &*span.kind), (name, kind));
        assert_eq!(span.service, "shop");
        parent = id;
    }
}
