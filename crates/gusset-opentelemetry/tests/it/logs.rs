//! Log records in a logger of OpenTelemetry.

use std::time::{Duration, UNIX_EPOCH};

use gusset_data::{LogRecord, LogSink as _, Severity, Value};
use gusset_opentelemetry::LoggerSink;
use opentelemetry::logs::{AnyValue, Severity as OtelSeverity};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, Key, SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::logs::{
    InMemoryLogExporter, SdkLogRecord, SdkLogger, SdkLoggerProvider,
    in_memory_exporter::LogDataWithResource,
};
use opentelemetry_sdk::trace::SdkTracerProvider;

fn sink() -> (
    LoggerSink<SdkLogger>,
    SdkLoggerProvider,
    InMemoryLogExporter,
) {
    let exporter = InMemoryLogExporter::default();
    let builder = SdkLoggerProvider::builder();
    let provider = builder.with_simple_exporter(exporter.clone()).build();
    (LoggerSink::from_provider(&provider), provider, exporter)
}

/// Returns a record with as little as possible.
fn record() -> LogRecord {
    LogRecord {
        time: UNIX_EPOCH + Duration::from_secs(9),
        severity: Severity::Info,
        scope: "shop".into(),
        event_name: None,
        body: "hello".into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

/// Returns the record as it is exported.
fn exported(record: LogRecord) -> LogDataWithResource {
    let (sink, _provider, exporter) = sink();
    sink.export(record);
    let mut logs = exporter.get_emitted_logs().unwrap();
    assert_eq!(logs.len(), 1);
    logs.remove(0)
}

fn attributes(record: &SdkLogRecord) -> Vec<(Key, AnyValue)> {
    record.attributes_iter().cloned().collect()
}

fn attribute(key: &'static str, value: impl Into<AnyValue>) -> (Key, AnyValue) {
    (key.into(), value.into())
}

#[test]
fn every_field_is_exported() {
    let texts = Value::StringArray(["x".into(), "y".into()].into());
    let exported = exported(LogRecord {
        severity: Severity::Warn,
        event_name: Some("http.server.request.exception".into()),
        attributes: vec![
            ("bool".into(), true.into()),
            ("int".into(), 7_i64.into()),
            ("double".into(), 0.5.into()),
            ("text".into(), "a".into()),
            (
                "a longer text than fits in place".into(),
                "b".repeat(30).into(),
            ),
            ("array".into(), texts),
        ],
        dropped_attributes: 2,
        trace_id: Some([1; 16]),
        span_id: Some([2; 8]),
        flags: 3,
        ..record()
    });
    assert_eq!(exported.instrumentation.name(), "gusset");
    let record = exported.record;
    let time = UNIX_EPOCH + Duration::from_secs(9);
    assert_eq!(record.timestamp(), Some(time));
    assert_eq!(record.observed_timestamp(), Some(time));
    assert_eq!(record.severity_number(), Some(OtelSeverity::Warn));
    assert_eq!(record.severity_text(), Some("WARN"));
    assert_eq!(record.target().map(|target| &**target), Some("shop"));
    assert_eq!(record.event_name(), Some("http.server.request.exception"));
    assert_eq!(record.body(), Some(&AnyValue::from("hello")));
    let expected = [
        attribute("bool", true),
        attribute("int", 7),
        attribute("double", 0.5),
        attribute("text", "a"),
        attribute("a longer text than fits in place", "b".repeat(30)),
        attribute("array", AnyValue::from_iter(["x", "y"])),
        attribute("otel.dropped_attributes_count", 2),
    ];
    assert_eq!(attributes(&record), expected);
    let trace = record.trace_context().unwrap();
    assert_eq!(trace.trace_id, TraceId::from_bytes([1; 16]));
    assert_eq!(trace.span_id, SpanId::from_bytes([2; 8]));
    assert_eq!(trace.trace_flags, Some(TraceFlags::new(3)));
}

#[test]
fn absent_fields_stay_absent() {
    let record = exported(record()).record;
    assert_eq!(record.event_name(), None);
    assert!(record.trace_context().is_none());
    assert_eq!(attributes(&record), []);
}

#[test]
fn severities_have_their_numbers_and_texts() {
    for severity in [
        Severity::Trace,
        Severity::Debug,
        Severity::Info,
        Severity::Warn,
        Severity::Error,
        Severity::Fatal,
    ] {
        let exported = exported(LogRecord {
            severity,
            ..record()
        });
        let number = exported.record.severity_number().unwrap();
        assert_eq!(number as u8, severity.number());
        assert_eq!(exported.record.severity_text(), Some(severity.as_str()));
    }
}

#[test]
fn event_name_that_is_no_constant_is_exported() {
    let name = |name: String| {
        exported(LogRecord {
            event_name: Some(name.into()),
            ..record()
        })
    };
    let made = name(format!("made.{}", "at.run.time"));
    assert_eq!(made.record.event_name(), Some("made.at.run.time"));
    // Memory of names is bounded, so a long one is an attribute.
    let long = "a".repeat(1000);
    let exported = name(long.clone()).record;
    assert_eq!(exported.event_name(), None);
    assert_eq!(attributes(&exported), [attribute("event.name", long)]);
}

#[test]
fn record_without_a_trace_gets_the_current_span() {
    let (sink, _provider, exporter) = sink();
    let traces = SdkTracerProvider::builder().build();
    let span = traces.tracer("test").start("load");
    let cx = Context::current_with_span(span);
    let guard = cx.clone().attach();
    sink.export(record());
    let own = LogRecord {
        trace_id: Some([1; 16]),
        ..record()
    };
    sink.export(own);
    drop(guard);
    let logs = exporter.get_emitted_logs().unwrap();
    let ids: Vec<_> = logs
        .iter()
        .map(|log| log.record.trace_context().unwrap().trace_id)
        .collect();
    let current = cx.span().span_context().trace_id();
    assert_eq!(ids, [current, TraceId::from_bytes([1; 16])]);
}

#[test]
fn closed_provider_is_ignored() {
    let (sink, provider, exporter) = sink();
    provider.shutdown().unwrap();
    sink.export(record());
    assert!(exporter.get_emitted_logs().unwrap().is_empty());
    drop(provider);
    sink.export(record());
}

#[test]
fn suppressed_telemetry_is_not_exported() {
    let (sink, _provider, exporter) = sink();
    let guard = Context::enter_telemetry_suppressed_scope();
    sink.export(record());
    drop(guard);
    assert!(exporter.get_emitted_logs().unwrap().is_empty());
    sink.export(record());
    assert_eq!(exporter.get_emitted_logs().unwrap().len(), 1);
}

#[test]
fn sink_gets_no_second_queue() {
    let (sink, _provider, _exporter) = sink();
    assert!(sink.has_queue());
}
