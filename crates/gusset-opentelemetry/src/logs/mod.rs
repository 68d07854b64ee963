//! Log records in a logger of OpenTelemetry.

mod event_names;

use std::fmt;

use gusset_data::{LogRecord, LogSink, Severity, SharedStr, Value};
use opentelemetry::logs::Severity as OtelSeverity;
use opentelemetry::logs::{AnyValue, Logger, LoggerProvider};
use opentelemetry::{Key, SpanId, TraceFlags, TraceId};

use self::event_names::event_name;

/// A sink that emits log records through a logger of OpenTelemetry.
///
/// The provider's processors export the records: opentelemetry-otlp, or that of a vendor. All fields are passed on,
/// also the name of the event. The target is the instrumentation scope of the record, which
/// opentelemetry-otlp exports as scope. The observed time is the time of the record. A record without a trace
/// gets the current span of OpenTelemetry, if there is one.
///
/// # Cost
///
/// A record is converted and emitted on the thread that logs. The conversion costs an allocation for the body and
/// for each key and text: some 3,400 instructions for a record with five attributes. A `BatchLogProcessor` adds its
/// queue; a `SimpleLogProcessor` exports before it returns, which is for tests.
///
/// # Events of the exporter
///
/// What the exporter's own libraries log while they export (`hyper`, `h2`, `tonic`, `opentelemetry`) must not be
/// exported, or each export causes the next one. The SDK prevents it on its own thread only. **Exclude their
/// targets in the filter of exported records**: `info,hyper=off,h2=off,tonic=off,tower=off,opentelemetry=off`.
///
/// ```
/// use gusset_data::LogSink;
/// use gusset_opentelemetry::LoggerSink;
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
///
/// let provider = SdkLoggerProvider::builder().build(); // with the processor of your exporter
/// let sink = LoggerSink::from_provider(&provider);
/// // `LogLayer::builder().sink(sink)` of gusset-log
/// assert!(sink.has_capacity());
/// ```
pub struct LoggerSink<L> {
    logger: L,
}

/// The key of OpenTelemetry's "Mapping to non-OTLP formats", because the SDK's records have no such field.
const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";

// === impl LoggerSink ===

impl<L: Logger> LoggerSink<L> {
    /// Creates a sink for the logger `gusset` of a provider.
    pub fn from_provider(provider: &impl LoggerProvider<Logger = L>) -> Self {
        Self::new(provider.logger("gusset"))
    }

    /// Creates a sink for a logger.
    ///
    /// ```
    /// use gusset_opentelemetry::LoggerSink;
    /// use opentelemetry::logs::LoggerProvider as _;
    /// use opentelemetry_sdk::logs::SdkLoggerProvider;
    ///
    /// let sink = LoggerSink::new(SdkLoggerProvider::builder().build().logger("shop"));
    /// ```
    pub fn new(logger: L) -> Self {
        Self { logger }
    }
}

impl<L: Logger + Send + Sync + 'static> LogSink for LoggerSink<L> {
    fn export(&self, record: LogRecord) {
        let mut converted = self.logger.create_log_record();
        convert(record, &mut converted);
        self.logger.emit(converted);
    }

    /// Returns true: the queue is that of the provider's processor. On another thread the SDK would find
    /// neither the current span nor that telemetry is suppressed.
    fn has_queue(&self) -> bool {
        true
    }
}

impl<L> fmt::Debug for LoggerSink<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggerSink").finish_non_exhaustive()
    }
}

fn convert(record: LogRecord, into: &mut impl opentelemetry::logs::LogRecord) {
    let LogRecord {
        time,
        severity,
        scope,
        event_name: name,
        body,
        attributes,
        dropped_attributes,
        trace_id,
        span_id,
        flags,
    } = record;
    into.set_timestamp(time);
    into.set_observed_timestamp(time);
    into.set_severity_number(severity_number(severity));
    into.set_severity_text(severity.as_str());
    into.set_target(String::from(scope));
    into.set_body(text(body));
    for (key, value) in attributes {
        into.add_attribute(Key::from(String::from(key)), any_value(value));
    }
    if dropped_attributes > 0 {
        into.add_attribute(DROPPED_ATTRIBUTES, i64::from(dropped_attributes));
    }
    if let Some(name) = name {
        match event_name(&name) {
            Some(name) => into.set_event_name(name),
            None => into.add_attribute("event.name", text(name)),
        }
    }
    if let Some(trace_id) = trace_id {
        let span_id = span_id.map_or(SpanId::INVALID, SpanId::from_bytes);
        let flags = TraceFlags::new(flags);
        into.set_trace_context(TraceId::from_bytes(trace_id), span_id, Some(flags));
    }
}

fn severity_number(severity: Severity) -> OtelSeverity {
    match severity {
        Severity::Trace => OtelSeverity::Trace,
        Severity::Debug => OtelSeverity::Debug,
        Severity::Warn => OtelSeverity::Warn,
        Severity::Error => OtelSeverity::Error,
        Severity::Fatal => OtelSeverity::Fatal,
        _ => OtelSeverity::Info,
    }
}

fn any_value(value: Value) -> AnyValue {
    match value {
        Value::Bool(value) => AnyValue::Boolean(value),
        Value::Int(value) => AnyValue::Int(value),
        Value::Double(value) => AnyValue::Double(value),
        Value::String(value) => text(value),
        Value::StringArray(values) => values.into_iter().map(text).collect(),
        other => text(other.to_string().into()),
    }
}

fn text(text: SharedStr) -> AnyValue {
    AnyValue::String(String::from(text).into())
}
