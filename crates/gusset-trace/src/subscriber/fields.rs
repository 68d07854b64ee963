//! Converts the fields of `tracing` to attributes, and keeps their types.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use gusset_data::{SharedStr, SpanData, SpanEvent, SpanKind, SpanStatus, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::{SpanLimits, names};

/// Receives the fields of a new span, each of which occurs once.
pub(super) struct InitialFields<'a> {
    span: &'a mut SpanData,
    limits: &'a SpanLimits,
}

/// Collects fields that are recorded later, without access to the span.
#[derive(Default)]
pub(super) struct RecordedFields(Vec<(&'static str, Value)>);

/// Receives the fields of an event.
struct EventFields<'a> {
    event: SpanEvent,
    limits: &'a SpanLimits,
}

/// Receives the values of fields.
trait FieldSink {
    fn add(&mut self, name: &'static str, value: Value);
}

/// Converts an event.
pub(super) fn span_event(event: &Event<'_>, limits: &SpanLimits) -> SpanEvent {
    let metadata = event.metadata();
    let mut fields = EventFields {
        event: SpanEvent {
            name: metadata.name().into(),
            time: SystemTime::now(),
            attributes: Vec::new(),
        },
        limits,
    };
    event.record(&mut fields);
    fields.event
}

// === impl InitialFields ===

impl<'a> InitialFields<'a> {
    pub(super) fn new(span: &'a mut SpanData, limits: &'a SpanLimits) -> Self {
        Self { span, limits }
    }
}

impl FieldSink for InitialFields<'_> {
    fn add(&mut self, name: &'static str, value: Value) {
        let Self { span, limits } = self;
        if let Some(value) = apply_special(span, name, value) {
            limits.add_attribute(span, (name.into(), limits.truncate(value)));
        }
    }
}

// === impl RecordedFields ===

impl RecordedFields {
    pub(super) fn set_on(self, span: &mut SpanData, limits: &SpanLimits) {
        for (name, value) in self.0 {
            if let Some(value) = apply_special(span, name, value) {
                limits.set_attribute(span, name.into(), value);
            }
        }
    }
}

impl FieldSink for RecordedFields {
    fn add(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }
}

// === impl EventFields ===

impl FieldSink for EventFields<'_> {
    fn add(&mut self, name: &'static str, value: Value) {
        let Self { event, limits } = self;
        match (name, value) {
            ("message", Value::String(text)) => event.name = text,
            (name, value) if event.attributes.len() < limits.event_attributes => {
                event.attributes.push((name.into(), limits.truncate(value)));
            }
            _ => {}
        }
    }
}

/// Applies an `otel.*` field to the span. Returns the value of any other field.
fn apply_special(span: &mut SpanData, name: &str, value: Value) -> Option<Value> {
    if !name.starts_with("otel.") {
        return Some(value);
    }
    let Value::String(text) = value else {
        return Some(value);
    };
    match name {
        names::OTEL_NAME => span.name = text,
        names::OTEL_KIND => {
            let kinds = [
                ("internal", SpanKind::Internal),
                ("server", SpanKind::Server),
                ("client", SpanKind::Client),
                ("producer", SpanKind::Producer),
                ("consumer", SpanKind::Consumer),
            ];
            let mut kinds = kinds.into_iter();
            if let Some((_, kind)) = kinds.find(|(name, _)| text.eq_ignore_ascii_case(name)) {
                span.kind = kind;
            }
        }
        names::OTEL_STATUS_CODE if text.eq_ignore_ascii_case("ok") => span.status = SpanStatus::Ok,
        names::OTEL_STATUS_CODE if text.eq_ignore_ascii_case("error") => {
            if !matches!(span.status, SpanStatus::Error(_)) {
                span.status = SpanStatus::Error(SharedStr::from_static(""));
            }
        }
        names::OTEL_STATUS_CODE => {}
        names::OTEL_STATUS_DESCRIPTION | names::OTEL_STATUS_MESSAGE => {
            span.status = SpanStatus::Error(text);
        }
        _ => return Some(Value::String(text)),
    }
    None
}

macro_rules! visit {
    ($type:ty) => {
        impl Visit for $type {
            fn record_bool(&mut self, field: &Field, value: bool) {
                self.add(field.name(), value.into());
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.add(field.name(), value.into());
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                self.add(field.name(), value.into());
            }

            fn record_f64(&mut self, field: &Field, value: f64) {
                self.add(field.name(), value.into());
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.add(field.name(), SharedStr::new(value).into());
            }

            fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
                self.add(field.name(), value.to_string().into());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.add(field.name(), format!("{value:?}").into());
            }
        }
    };
}

visit!(InitialFields<'_>);
visit!(RecordedFields);
visit!(EventFields<'_>);
