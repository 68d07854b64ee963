//! An incident report reaches a real collector: its summary is a log record, which is there before the capture returns.

use std::net::SocketAddr;

use gusset::incident::Trigger;
use gusset_tests::programs::{TempFolder, until};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::collector::{receiver, service, start};
use crate::receiver::Receiver;

/// Returns an attribute of a record as text.
fn text<'a>(record: &'a LogRecord, key: &str) -> Option<&'a str> {
    let attribute = record.attributes.iter().find(|it| it.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn report_arrives_as_a_log_record_with_its_summary() {
    let to = Receiver::start();
    let target = to.addr();
    let config = move |at: &[SocketAddr]| {
        format!(
            "receivers:\n{}processors:\n  batch: {{ timeout: 20ms }}\nexporters:\n  \
             otlp_grpc: {{ endpoint: {target}, tls: {{ insecure: true }} }}\n{}",
            receiver("plain", at[0], at[1], ""),
            service("otlp/plain", "batch")
        )
    };
    let Some(collector) = start("collector-incidents", 2, config).await else {
        return;
    };
    let endpoint = format!("http://{}", collector.addr(1));
    let folder = TempFolder::new("incidents");
    let env = |name: &str| match name {
        "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        _ => None,
    };
    let gusset = gusset::builder()
        .incidents(folder.path())
        .log(|log| log.writer(std::io::sink()))
        .without_health()
        .build_with(env)
        .unwrap();
    let incidents = gusset.incidents().unwrap().clone();
    let capture = move || incidents.capture_and_flush(Trigger::Manual, "stock is slow");
    let captured = tokio::task::spawn_blocking(capture).await.unwrap().unwrap();
    let record = until("the record of the report", async || {
        let logs = to.received().logs.into_iter();
        let mut reports = logs.filter(|it| text(it, "gusset.incident.id").is_some());
        reports.next()
    })
    .await;
    assert_eq!(text(&record, "gusset.incident.id"), Some(&*captured.id));
    assert_eq!(text(&record, "gusset.incident.trigger"), Some("manual"));
    let file = text(&record, "gusset.incident.file");
    assert_eq!(file, Some(&*captured.delivered[0]));
    assert_eq!(
        (&*record.severity_text, &*record.event_name),
        ("WARN", "gusset.incident")
    );
    let body = record.body.and_then(|body| body.value);
    let Some(Value::StringValue(body)) = body else {
        panic!("{body:?}");
    };
    let summary = format!("manual: stock is slow (report {}", captured.id);
    assert!(body.starts_with(&summary), "{body}");
}
