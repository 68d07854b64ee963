//! What the flight recorder has kept, on the page.

use gusset_core::ObserveLayer;
use gusset_data::{LogRecord, LogSink as _, Severity};
use gusset_http::{Http, Route};
use gusset_incident::FlightRecorder;
use gusset_ops::Operations;
use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::*;

/// Returns a page whose recorder has kept a call and a log record.
async fn with_recorder() -> Operations {
    let recorder = FlightRecorder::builder().build().unwrap();
    let service = ServiceBuilder::new()
        .layer(ObserveLayer::<Http, _>::new(recorder.calls_of_server()))
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, std::convert::Infallible>(Response::new(Full::<bytes::Bytes>::default()))
        }));
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new("/orders/{id}"));
    let response = service.oneshot(request).await.unwrap();
    drop(http_body_util::BodyExt::collect(response).await);
    recorder.record_change("breaker stock", "open");
    recorder.export(LogRecord {
        time: std::time::UNIX_EPOCH,
        severity: Severity::Warn,
        scope: "shop".into(),
        event_name: None,
        body: "<img src=x onerror=alert(1)>".into(),
        attributes: vec![("api_key".into(), "s3cret".into())],
        dropped_attributes: 0,
        trace_id: Some([0xab; 16]),
        span_id: None,
        flags: 0,
    });
    builder().recorder(recorder).build().unwrap()
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
