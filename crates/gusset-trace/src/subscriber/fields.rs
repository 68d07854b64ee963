//! Converts the fields of `tracing` to attributes, and keeps their types.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use gusset_data::{ErrorChain, Redaction, SharedStr, SpanEvent, SpanKind, SpanStatus, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata};

use super::span_record::OpenSpan;
use crate::{SpanLimits, names};

/// Receives the fields of a new span, each of which occurs once.
pub(super) struct InitialFields<'a> {
    span: &'a mut OpenSpan,
    limits: SpanLimits,
    redaction: &'a Redaction,
}

/// Collects fields that are recorded later, without access to the span.
pub(super) struct RecordedFields<'a> {
    fields: Vec<(&'static str, Value)>,
    redaction: &'a Redaction,
}

/// Receives the fields of an event.
struct EventFields<'a> {
    event: SpanEvent,
    limits: SpanLimits,
    redaction: &'a Redaction,
}

/// Receives the values of fields.
trait FieldSink {
    fn redaction(&self) -> &Redaction;
    fn add_redacted(&mut self, name: &'static str, value: Value);

    fn add(&mut self, name: &'static str, value: Value) {
        let value = self.redaction().redact_value(name, value);
        self.add_redacted(name, value);
    }
}

/// Converts an event.
pub(super) fn span_event(
    event: &Event<'_>,
    time: SystemTime,
    limits: SpanLimits,
    redaction: &Redaction,
) -> SpanEvent {
    let mut fields = EventFields {
        event: SpanEvent {
            name: event.metadata().name().into(),
            time,
            attributes: Vec::new(),
        },
        limits,
        redaction,
    };
    event.record(&mut fields);
    fields.event
}

/// Returns whether an event has the form of those that `#[instrument(err)]` emits: a field `error` and
/// no other.
pub(super) fn is_error_of_instrument(metadata: &Metadata<'_>) -> bool {
    let mut fields = metadata.fields().iter();
    metadata.is_event()
        && fields.next().is_some_and(|field| field.name() == "error")
        && fields.next().is_none()
}

// === impl InitialFields ===

impl<'a> InitialFields<'a> {
    pub(super) fn new(
        span: &'a mut OpenSpan,
        limits: SpanLimits,
        redaction: &'a Redaction,
    ) -> Self {
        Self {
            span,
            limits,
            redaction,
        }
    }
}

impl FieldSink for InitialFields<'_> {
    fn redaction(&self) -> &Redaction {
        self.redaction
    }

    fn add_redacted(&mut self, name: &'static str, value: Value) {
        let Self { span, limits, .. } = self;
        if let Some(value) = apply_special(span, name, value) {
            limits.add_attribute(&mut span.data, (name.into(), limits.truncate(value)));
        }
    }
}

// === impl RecordedFields ===

impl<'a> RecordedFields<'a> {
    pub(super) fn new(redaction: &'a Redaction) -> Self {
        Self {
            fields: Vec::new(),
            redaction,
        }
    }

    pub(super) fn set_on(self, span: &mut OpenSpan, limits: SpanLimits) {
        for (name, value) in self.fields {
            if let Some(value) = apply_special(span, name, value) {
                limits.set_attribute(&mut span.data, name.into(), value);
            }
        }
    }
}

impl FieldSink for RecordedFields<'_> {
    fn redaction(&self) -> &Redaction {
        self.redaction
    }

    fn add_redacted(&mut self, name: &'static str, value: Value) {
        self.fields.push((name, value));
    }
}

// === impl EventFields ===

impl FieldSink for EventFields<'_> {
    fn redaction(&self) -> &Redaction {
        self.redaction
    }

    fn add_redacted(&mut self, name: &'static str, value: Value) {
        let Self { event, limits, .. } = self;
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
fn apply_special(span: &mut OpenSpan, name: &str, value: Value) -> Option<Value> {
    if !name.starts_with("otel.") {
        return Some(value);
    }
    let Value::String(text) = value else {
        return Some(value);
    };
    let data = &mut span.data;
    match name {
        // A span needs a name.
        names::OTEL_NAME if text.is_empty() => {}
        names::OTEL_NAME => data.name = text,
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
                data.kind = kind;
            }
        }
        names::OTEL_STATUS_CODE if text.eq_ignore_ascii_case("ok") => data.status = SpanStatus::Ok,
        names::OTEL_STATUS_CODE if text.eq_ignore_ascii_case("error") => span.set_error(),
        names::OTEL_STATUS_CODE => {}
        names::OTEL_STATUS_DESCRIPTION | names::OTEL_STATUS_MESSAGE => span.description = text,
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
                self.add(field.name(), ErrorChain::new(value).to_string().into());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.add(field.name(), format!("{value:?}").into());
            }
        }
    };
}

visit!(InitialFields<'_>);
visit!(RecordedFields<'_>);
visit!(EventFields<'_>);
