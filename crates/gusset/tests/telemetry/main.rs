//! Logs, traces and metrics of a process, configured by defaults and by the environment.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod environment;
mod shutdown;
mod sinks;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use gusset::http::RequestIdLayer;
use gusset::{Telemetry, TelemetryBuilder};
use gusset_testkit::SharedOutput;
use http::{Request, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

/// The written log entries.
trait LogEntries {
    fn parsed(&self) -> Vec<Value>;
}

impl LogEntries for SharedOutput {
    fn parsed(&self) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines
            .map(|line| serde_json::from_str(&line).unwrap())
            .collect()
    }
}

fn set_up() -> (TelemetryBuilder, SharedOutput) {
    let buffer = SharedOutput::default();
    let out = buffer.clone();
    let telemetry =
        gusset::telemetry().log(|log| log.format(gusset::log::Format::Json).writer(out));
    (telemetry, buffer)
}

/// Calls a service that logs in a span.
async fn call(telemetry: &Telemetry) {
    let server = telemetry.http().build().unwrap();
    let handler = async || {
        async { tracing::info!(item = 7, "looked up") }
            .instrument(tracing::info_span!("look_up"))
            .await;
        "a thing"
    };
    let app = Router::new()
        .route("/items/{id}", get(handler))
        .layer(server.layer())
        .layer(RequestIdLayer::new());
    let req = Request::builder()
        .uri("/items/7")
        .header("x-request-id", "seven")
        .body(Body::empty())
        .unwrap();
    let call = async {
        let res = app.oneshot(req).await.unwrap();
        to_bytes(res.into_body(), usize::MAX).await.unwrap()
    };
    let body = call.with_subscriber(telemetry.dispatch().clone()).await;
    assert_eq!(&body[..], b"a thing");
}

#[tokio::test]
async fn entries_inside_a_call_have_its_ids() {
    let (telemetry, entries) = set_up();
    let telemetry = telemetry.build_with(|_| None).unwrap();
    call(&telemetry).await;
    assert_eq!(telemetry.shutdown(Duration::from_secs(5)).dropped(), 0);

    let entries = entries.parsed();
    let inside: Vec<_> = entries
        .iter()
        .filter(|entry| entry.get("request_id").is_some())
        .collect();
    assert_eq!(inside.len(), 2, "{entries:?}");
    for entry in &inside {
        assert_eq!(entry["request_id"], "seven", "{entry}");
        assert_eq!(entry["trace_id"], inside[0]["trace_id"]);
        assert_eq!(entry["trace_id"].as_str().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn missing_collector_is_logged_once() {
    let (telemetry, entries) = set_up();
    let telemetry = telemetry.build_with(|_| None).unwrap();
    drop(telemetry);
    let entries = entries.parsed();
    let logged = entries
        .iter()
        .filter(|entry| entry.to_string().contains("export"));
    assert_eq!(logged.count(), 1, "{entries:?}");
}

/// The requests that a collector received, with their paths.
type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts a collector that accepts everything, over HTTP and in JSON.
async fn collector() -> (String, Received) {
    async fn accept(
        State(received): State<Received>,
        uri: Uri,
        Json(body): Json<Value>,
    ) -> &'static str {
        received.lock().unwrap().push((uri.path().to_owned(), body));
        "{}"
    }
    let received = Received::default();
    let app = Router::new()
        .route("/v1/{signal}", post(accept))
        .with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    (endpoint, received)
}

fn all<'a>(received: &'a [(String, Value)], path: &str, items: [&str; 3]) -> Vec<&'a Value> {
    let bodies = received.iter().filter(|(at, _)| at == path);
    let mut found: Vec<&Value> = bodies.map(|(_, body)| body).collect();
    for item in items {
        found = found
            .into_iter()
            .flat_map(|value| value[item].as_array().unwrap())
            .collect();
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exported_signals_of_a_call_agree() {
    let (endpoint, received) = collector().await;
    let (telemetry, _) = set_up();
    let env = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/json".to_owned()),
        "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
        _ => None,
    };
    let telemetry = telemetry.build_with(env).unwrap();
    call(&telemetry).await;
    let output = telemetry.prometheus().endpoint().render();
    let report = tokio::task::spawn_blocking(|| telemetry.shutdown(Duration::from_secs(10)));
    let report = report.await.unwrap();
    assert_eq!(report.dropped(), 0, "{report}");

    let received = received.lock().unwrap();
    let spans = all(
        &received,
        "/v1/traces",
        ["resourceSpans", "scopeSpans", "spans"],
    );
    let named = |name: &str| {
        let mut found = spans.iter().filter(|span| span["name"] == name);
        let span = found
            .next()
            .unwrap_or_else(|| panic!("{name} in {spans:?}"));
        assert!(found.next().is_none(), "{name} twice");
        *span
    };
    let (server, inner) = (named("GET /items/{id}"), named("look_up"));
    assert_eq!(spans.len(), 2);
    assert_eq!(inner["parentSpanId"], server["spanId"]);
    assert_eq!(inner["traceId"], server["traceId"]);

    let records = all(
        &received,
        "/v1/logs",
        ["resourceLogs", "scopeLogs", "logRecords"],
    );
    let of_call: Vec<_> = records
        .iter()
        .filter(|record| record["traceId"] == server["traceId"])
        .collect();
    assert_eq!(of_call.len(), 2, "{records:?}");
    let by_span = |span: &Value| {
        of_call
            .iter()
            .filter(|record| record["spanId"] == span["spanId"])
            .count()
    };
    assert_eq!((by_span(server), by_span(inner)), (1, 1));

    let metrics = all(
        &received,
        "/v1/metrics",
        ["resourceMetrics", "scopeMetrics", "metrics"],
    );
    let duration = metrics
        .iter()
        .find(|metric| metric["name"] == "http.server.request.duration")
        .unwrap();
    let point = &duration["histogram"]["dataPoints"][0];
    assert_eq!(point["count"], "1");
    assert_eq!(point["exemplars"][0]["traceId"], server["traceId"]);
    assert!(
        output.contains("http_server_request_duration_seconds_count{http_request_method=\"GET\"")
    );
    // The metrics of the pipeline are in the same output.
    for row in [
        "otel_sdk_processor_span_queue_capacity",
        "otel_sdk_processor_log_queue_capacity",
        "otel_sdk_exporter_span_inflight",
    ] {
        assert!(output.contains(row), "{row} in {output}");
    }
    for (path, body) in received.iter() {
        let resource = body.as_object().unwrap().values().next().unwrap();
        let resource = resource[0]["resource"]["attributes"].to_string();
        assert!(resource.contains("shop"), "{path}: {resource}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_task_stays_in_the_trace() {
    for with_spans in [false, true] {
        let (endpoint, received) = collector().await;
        let mut telemetry = set_up().0;
        if with_spans {
            telemetry = telemetry.with_tracing_spans();
        }
        let env = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
            "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/json".to_owned()),
            _ => None,
        };
        let telemetry = telemetry.build_with(env).unwrap();
        let server = telemetry.http().build().unwrap();
        let handler = move || async move {
            let work = async { tracing::info_span!("work").in_scope(|| ()) };
            match with_spans {
                false => tokio::spawn(gusset::trace::with_current_context(
                    work.with_current_subscriber(),
                )),
                true => tokio::spawn(work.in_current_span().with_current_subscriber()),
            }
            .await
            .unwrap();
        };
        let app = Router::new().route("/", get(handler)).layer(server.layer());
        let req = Request::builder().uri("/").body(Body::empty()).unwrap();
        let call = async {
            let res = app.oneshot(req).await.unwrap();
            to_bytes(res.into_body(), usize::MAX).await.unwrap()
        };
        call.with_subscriber(telemetry.dispatch().clone()).await;
        let report = tokio::task::spawn_blocking(|| telemetry.shutdown(Duration::from_secs(10)));
        assert_eq!(report.await.unwrap().dropped(), 0);

        let received = received.lock().unwrap();
        let spans = all(
            &received,
            "/v1/traces",
            ["resourceSpans", "scopeSpans", "spans"],
        );
        let of = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
        assert_eq!(
            of("work")["parentSpanId"],
            of("GET /")["spanId"],
            "{with_spans}"
        );
    }
}

#[test]
fn entry_has_the_ids_of_its_explicit_parent() {
    let (telemetry, entries) = set_up();
    let env = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
        _ => None,
    };
    let telemetry = telemetry.build_with(env).unwrap();
    gusset_testkit::with_subscriber(telemetry.dispatch().clone(), || {
        let a = tracing::info_span!("a");
        a.in_scope(|| tracing::info!("inside"));
        tracing::info_span!("b").in_scope(|| {
            tracing::info!(parent: &a, "named");
            tracing::info!(parent: None, "alone");
            tracing::info!("other");
        });
    });
    let _report = telemetry.shutdown(Duration::from_secs(1));
    let entries = entries.parsed();
    let ids = |message: &str| {
        let mut found = entries.iter().filter(|entry| entry["message"] == message);
        found.next().unwrap().get("span_id").cloned()
    };
    assert!(ids("inside").is_some());
    assert_eq!(ids("named"), ids("inside"));
    assert_eq!(ids("alone"), None);
    assert_ne!(ids("other"), ids("inside"));
}
