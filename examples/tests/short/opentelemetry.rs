//! A service with OpenTelemetry's SDK and gusset beside it exports one trace.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use crate::receiver::Receiver;
use crate::running::{Running, command};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID: &str = "b7ad6b7169203331";

fn call(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "GET /users/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    let request = format!("{head}traceparent: 00-{TRACE_ID}-{PARENT_ID}-01\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("user 7\n"), "{response}");
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the trace and the span of a record.
fn ids(record: &LogRecord) -> (String, Vec<u8>) {
    (hex(&record.trace_id), record.span_id.clone())
}

#[tokio::test]
async fn spans_records_and_metrics_arrive_as_one_trace() {
    let receiver = Receiver::start().await;
    let mut command = command("opentelemetry");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    let mut running = Running::start(&mut command);
    let listening = running.entry("listening").await;
    call(listening["address"].as_str().unwrap().parse().unwrap());
    running.access_entry("url.path", "/users/7").await;
    running.process.terminate();
    assert_eq!(
        running.exit_code().await,
        Some(0),
        "{}",
        running.process.stderr()
    );

    let spans = receiver.spans();
    assert_eq!(spans.len(), 2, "{spans:#?}");
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (call, load) = (span("GET /users/{id}"), span("load user"));
    for span in &spans {
        assert_eq!(hex(&span.trace_id), TRACE_ID);
    }
    assert_eq!(hex(&call.parent_span_id), PARENT_ID);
    assert_eq!(call.kind(), SpanKind::Server);
    assert_eq!(load.parent_span_id, call.span_id);

    let records = receiver.records();
    let of_call: Vec<_> = records
        .iter()
        .filter(|it| !it.trace_id.is_empty())
        .collect();
    assert_eq!(of_call.len(), 2, "{records:#?}");
    let trace = TRACE_ID.to_owned();
    let found = of_call
        .iter()
        .find(|record| text(record) == "found the user");
    assert_eq!(ids(found.unwrap()), (trace.clone(), load.span_id.clone()));
    let access = of_call
        .iter()
        .find(|record| text(record) != "found the user");
    assert_eq!(ids(access.unwrap()), (trace, call.span_id.clone()));
    let listening = records.iter().filter(|it| text(it) == "listening");
    assert_eq!(listening.count(), 1);

    let metrics = receiver.metrics();
    let data = |name: &str| {
        metrics
            .iter()
            .find(|metric| metric.name == name)?
            .data
            .as_ref()
    };
    let Some(Data::Histogram(duration)) = data("http.server.request.duration") else {
        panic!("{metrics:#?}");
    };
    assert_eq!(duration.data_points[0].count, 1);
    let Some(Data::Sum(active)) = data("http.server.active_requests") else {
        panic!("{metrics:#?}");
    };
    assert_eq!(active.data_points[0].value, Some(Value::AsInt(0)));
    assert!(!active.is_monotonic);
}

/// Returns the body of a record.
fn text(record: &LogRecord) -> &str {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let value = record.body.as_ref().and_then(|body| body.value.as_ref());
    match value {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}
