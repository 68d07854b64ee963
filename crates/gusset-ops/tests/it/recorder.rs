//! What the flight recorder has kept, on the page.

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, Protocol, SpanIds};
use gusset_data::{LogRecord, LogSink as _, Severity};
use gusset_http::{Http, Route};
use gusset_incident::FlightRecorder;
use gusset_ops::Operations;
use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::*;

/// Returns the same ids for each call, as an observer that makes spans does.
struct Ids;

impl<P: Protocol> Observer<P> for Ids {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Ids {
    fn span_ids(&self) -> Option<SpanIds> {
        Some(SpanIds::new([0x11; 16], [0x22; 8], true))
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// Records a call.
pub(crate) async fn call(recorder: &FlightRecorder, route: &'static str) {
    let service = ServiceBuilder::new()
        .layer(ObserveLayer::<Http, _>::new((
            Ids,
            recorder.calls_of_server(),
        )))
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, std::convert::Infallible>(Response::new(Full::<bytes::Bytes>::default()))
        }));
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new(route));
    let response = service.oneshot(request).await.unwrap();
    drop(http_body_util::BodyExt::collect(response).await);
}

/// Records a log record with a secret.
pub(crate) fn record(recorder: &FlightRecorder, body: &'static str) {
    recorder.export(LogRecord {
        time: std::time::UNIX_EPOCH,
        severity: Severity::Warn,
        scope: "shop".into(),
        event_name: None,
        body: body.into(),
        attributes: vec![("api_key".into(), "s3cret".into())],
        dropped_attributes: 0,
        trace_id: Some([0xab; 16]),
        span_id: None,
        flags: 0,
    });
}

/// Returns a recorder that has kept a call, a log record and a change of state.
pub(crate) async fn recorder() -> FlightRecorder {
    let recorder = FlightRecorder::builder().build().unwrap();
    call(&recorder, "/orders/{id}").await;
    recorder.record_change("breaker stock", "open");
    record(&recorder, "<img src=x onerror=alert(1)>");
    recorder
}

async fn with_recorder() -> Operations {
    builder().recorder(recorder().await).build().unwrap()
}

#[tokio::test]
async fn calls_logs_and_changes_are_shown() {
    let operations = with_recorder().await;
    let section = async |name: &str| {
        let answer = get(&operations, &format!("/ops/api/{name}"), "*/*").await;
        serde_json::from_str::<serde_json::Value>(answer.body()).unwrap()
    };
    let calls = section("calls").await;
    assert_eq!(calls[0]["route"], "/orders/{id}");
    assert_eq!(calls[0]["status"], "200");
    assert_eq!(calls[0]["outcome"], "success");
    let log = section("log").await;
    assert_eq!(log[0]["time"], "00:00:00.000");
    assert_eq!(log[0]["trace_id"], "ab".repeat(16));
    assert_eq!(section("changes").await[0]["state"], "open");
    assert_eq!(section("active").await, serde_json::json!([]));
}

#[tokio::test]
async fn hostile_log_entry_is_text() {
    let page = get(&with_recorder().await, "/ops", "text/html").await;
    assert!(page.body().contains("&lt;img src=x") && !page.body().contains("<img"));
    assert!(page.body().contains("REDACTED") && !page.body().contains("s3cret"));
}

#[tokio::test]
async fn calls_and_log_records_are_filtered() {
    let operations = with_recorder().await;
    for (query, rows) in [
        ("calls?outcome=success&route=orders", 1),
        ("calls?outcome=success&route=basket", 0),
        ("calls?outcome=server_error", 0),
        ("calls?slower_than=10s", 0),
        ("calls?trace_id=11", 1),
        ("active?outcome=success", 0),
        ("log?severity=warn&text=IMG", 1),
        ("log?severity=error", 0),
        ("log?trace_id=abab", 1),
        ("log?trace_id=cd", 0),
    ] {
        let answer = get(&operations, &format!("/ops/api/{query}"), "*/*").await;
        let section: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
        assert_eq!(section.as_array().unwrap().len(), rows, "{query}");
    }
    let invalid = get(&operations, "/ops/api/calls?outcome=good", "*/*").await;
    assert_eq!(invalid.status(), http::StatusCode::BAD_REQUEST);
    assert!(invalid.body().starts_with("`outcome`: not one of success"));
}

#[tokio::test]
async fn filtered_section_is_a_table_for_a_browser() {
    let operations = with_recorder().await;
    let table = get(&operations, "/ops/api/log?trace_id=ab", "text/html").await;
    assert!(table.body().contains("&lt;img src=x"), "{}", table.body());
    let policy = table.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"));
}

#[tokio::test]
async fn trace_id_of_a_call_opens_its_log_entries() {
    let page = get(&with_recorder().await, "/ops", "text/html").await;
    let id = "11".repeat(16);
    let link = format!("<a href=\"ops/api/log?trace_id={id}\" data-trace=\"{id}\">{id}</a>");
    assert!(page.body().contains(&link));
    assert!(page.body().contains("id=\"log-trace-id\""));
}

#[tokio::test]
async fn page_of_a_full_recorder_is_small() {
    let recorder = recorder().await;
    for _ in 0..2000 {
        call(&recorder, "/orders/{id}/items/{item}").await;
        record(
            &recorder,
            "a log record of a usual length, which states what has happened",
        );
        recorder.record_change("breaker stock", "half_open");
    }
    let operations = builder()
        .recorder(recorder)
        .history(history())
        .build()
        .unwrap();
    let page = get(&operations, "/ops", "text/html").await;
    assert!(
        page.body().len() <= 150 * 1024,
        "{} bytes",
        page.body().len()
    );
    let all = get(&operations, "/ops/api/calls?limit=1000", "*/*").await;
    let all: serde_json::Value = serde_json::from_str(all.body()).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1000);
}
