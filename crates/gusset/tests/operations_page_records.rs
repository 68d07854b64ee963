//! What a service has recorded, on its operations page.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::Router;
use axum::routing::get;
use gusset::Gusset;
use http::Request;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

const TOKEN: &str = "0123456789abcdef";

/// Returns a service that has answered a request, and its folder of reports.
async fn used() -> (Gusset, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder = gusset::builder().management(|management| management.port(0));
    let builder = builder.controls_token(TOKEN).incidents(folder.path());
    let gusset = builder.build_with(|_| None).unwrap();
    let handler = async || {
        tracing::warn!(order = 7, "stock is slow");
        "order"
    };
    let app = Router::new().route("/orders/{id}", get(handler));
    let request = Request::get("/orders/7").body(axum::body::Body::empty());
    let response = app.layer(gusset.http()).oneshot(request.unwrap());
    let body = response.await.unwrap().into_body();
    axum::body::to_bytes(body, 100).await.unwrap();
    (gusset, folder)
}

/// Returns the body of a response of the management server.
fn request(gusset: &Gusset, target: &str) -> String {
    let mut stream = TcpStream::connect(gusset.management_addr().unwrap()).unwrap();
    let head = format!("{target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    let authorization = format!("authorization: Bearer {TOKEN}\r\n\r\n");
    stream
        .write_all((head + &authorization).as_bytes())
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

fn json(gusset: &Gusset, path: &str) -> Value {
    serde_json::from_str(&request(gusset, &format!("GET {path}"))).unwrap()
}

#[tokio::test]
async fn calls_and_log_entries_are_joined_by_their_trace() {
    let (gusset, _folder) = used().await;
    let calls = json(&gusset, "/ops/api/calls?outcome=success&route=orders");
    let trace_id = calls[0]["trace_id"].as_str().unwrap();
    let log = json(
        &gusset,
        &format!("/ops/api/log?trace_id={trace_id}&severity=WARN"),
    );
    assert_eq!(log[0]["message"], "stock is slow");
    assert_eq!(log[0]["fields"]["order"], 7);
}

#[tokio::test]
async fn records_are_otlp_that_others_read() {
    let (gusset, _folder) = used().await;
    let traces = json(&gusset, "/ops/api/otlp/traces");
    let traces: ExportTraceServiceRequest = serde_json::from_value(traces).unwrap();
    let span = &traces.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.name, "GET /orders/{id}");
    let logs = json(&gusset, "/ops/api/otlp/logs?severity=WARN");
    let logs: ExportLogsServiceRequest = serde_json::from_value(logs).unwrap();
    let records = &logs.resource_logs[0].scope_logs[0].log_records;
    let of_call = records
        .iter()
        .find(|record| record.trace_id == span.trace_id);
    assert_eq!(of_call.unwrap().severity_text, "WARN");
}

#[tokio::test]
async fn capture_makes_a_report_that_is_listed_and_opened() {
    let (gusset, _folder) = used().await;
    let done = request(
        &gusset,
        "POST /ops/tasks/capture-incident?confirm=capture-incident",
    );
    assert_eq!(done, "done\n");
    // The thread makes reports one after the other, so this one comes after the capture.
    gusset.incidents().unwrap().detect_now();
    let section = json(&gusset, "/ops/api/incidents");
    assert_eq!(section["captured"]["manual"], 1);
    assert_eq!(
        section["the run before ended by"],
        "cleanly, or there was none"
    );
    let id = section["reports"][0]["report"].as_str().unwrap();
    let report = request(&gusset, &format!("GET /ops/incidents?id={id}&format=md"));
    assert!(
        report.contains("requested on the operations page"),
        "{report}"
    );
}

#[tokio::test]
async fn changes_are_with_their_parts() {
    let (gusset, _folder) = used().await;
    gusset.breaker("stock").unwrap().force_open();
    gusset.incidents().unwrap().detect_now();
    let changes = json(&gusset, "/ops/api/breakers")["changes"].clone();
    assert_eq!(changes[0]["what"], "breaker stock");
    assert_eq!(changes[0]["state"], "forced_open");
    let changes = json(&gusset, "/ops/api/health")["changes"].clone();
    let mut of_health = changes.as_array().unwrap().iter();
    assert!(
        of_health.any(|change| change["what"] == "phase"),
        "{changes}"
    );
}
