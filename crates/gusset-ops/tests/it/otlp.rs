//! Calls and log records in OTLP's JSON.

use std::pin::Pin;

use gusset_http::EndpointBody;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::recorder::{record, recorder};
use crate::support::*;

async fn follow(operations: &gusset_ops::Operations, path: &str) -> EndpointBody {
    let request = Request::get(path).header("host", "localhost");
    let response = head(operations, request.header("accept", "application/x-ndjson")).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body()
}

async fn line(body: &mut EndpointBody) -> String {
    let frame = Pin::new(body).frame().await.unwrap().unwrap();
    let line = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    assert!(
        line.ends_with('\n') && line.matches('\n').count() == 1,
        "{line}"
    );
    line
}

#[tokio::test]
async fn call_is_a_span() {
    let operations = builder().recorder(recorder().await).build().unwrap();
    let answer = get(&operations, "/ops/api/otlp/traces", "*/*").await;
    let request: Value = serde_json::from_str(answer.body()).unwrap();
    let of_resource = &request["resourceSpans"][0];
    let name = json!({ "key": "service.name", "value": { "stringValue": "shop" } });
    assert_eq!(of_resource["resource"]["attributes"], json!([name]));
    let span = &of_resource["scopeSpans"][0]["spans"][0];
    let attributes = json!([
        { "key": "http.request.method", "value": { "stringValue": "GET" } },
        { "key": "http.route", "value": { "stringValue": "/orders/{id}" } },
        { "key": "http.response.status_code", "value": { "intValue": "200" } },
    ]);
    assert_eq!(span["name"], "GET /orders/{id}");
    assert_eq!((&span["kind"], &span["status"]), (&json!(2), &json!({})));
    assert_eq!(span["traceId"], "11".repeat(16));
    assert_eq!(span["spanId"], "22".repeat(8));
    assert_eq!(span["attributes"], attributes);
    let time = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
}

#[tokio::test]
async fn log_record_has_the_fields_of_the_data_model() {
    let operations = builder().recorder(recorder().await).build().unwrap();
    let answer = get(&operations, "/ops/api/otlp/logs", "*/*").await;
    let request: Value = serde_json::from_str(answer.body()).unwrap();
    let expected = json!([{ "scope": { "name": "shop" }, "logRecords": [{
        "timeUnixNano": "0",
        "severityNumber": 13,
        "severityText": "WARN",
        "body": { "stringValue": "<img src=x onerror=alert(1)>" },
        "attributes": [{ "key": "api_key", "value": { "stringValue": "REDACTED" } }],
        "droppedAttributesCount": 0,
        "flags": 0,
        "traceId": "ab".repeat(16),
    }] }]);
    assert_eq!(request["resourceLogs"][0]["scopeLogs"], expected);
}

#[tokio::test]
async fn filter_of_the_query_applies() {
    let operations = builder().recorder(recorder().await).build().unwrap();
    for (query, is_found) in [
        ("traces?outcome=success", true),
        ("traces?outcome=server_error", false),
        ("traces?slower_than=1h", false),
        ("traces?route=orders", true),
        ("traces?trace_id=1111", true),
        ("traces?trace_id=2222", false),
        ("logs?severity=WARN", true),
        ("logs?severity=error", false),
        ("logs?text=IMG", true),
        ("logs?trace_id=cd", false),
    ] {
        let path = format!("/ops/api/otlp/{query}");
        let answer = get(&operations, &path, "*/*").await;
        match query.contains("1h") {
            true => assert_eq!(answer.status(), StatusCode::BAD_REQUEST),
            false => assert_eq!(answer.body() != "{}\n", is_found, "{query}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stream_has_what_is_there_and_then_what_is_new() {
    let recorder = recorder().await;
    let operations = builder().recorder(recorder.clone()).build().unwrap();
    let mut logs = follow(&operations, "/ops/api/otlp/logs?severity=warn").await;
    let mut calls = follow(&operations, "/ops/api/otlp/traces").await;
    assert!(line(&mut logs).await.contains("img src"));
    assert!(line(&mut calls).await.contains("GET /orders/{id}"));
    record(&recorder, "the disk is full");
    crate::recorder::call(&recorder, "/basket").await;
    let new = line(&mut logs).await;
    assert!(
        new.contains("the disk is full") && !new.contains("img src"),
        "{new}"
    );
    let new = line(&mut calls).await;
    assert!(new.contains("/basket") && !new.contains("orders"), "{new}");
}
