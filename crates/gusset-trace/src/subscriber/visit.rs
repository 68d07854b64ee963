//! Fields as attributes, with the types that they have.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use gusset_data::{Attribute, SharedStr, SpanData, SpanEvent, SpanKind, SpanStatus, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

use crate::{Limits, names};

/// Takes the fields that a span begins with, each of which is there once.
pub(super) struct First<'a> {
    span: &'a mut SpanData,
    limits: &'a Limits,
}

/// Takes fields that come later, without the span.
#[derive(Default)]
pub(super) struct Later(Vec<(&'static str, Value)>);

/// Takes the fields of an event.
struct Happened<'a> {
    event: SpanEvent,
    limits: &'a Limits,
}

/// Where the values of fields go.
trait Take {
    fn take(&mut self, name: &'static str, value: Value);
}

/// What happened, as it is put on a span.
pub(super) fn event(event: &Event<'_>, limits: &Limits) -> SpanEvent {
    let metadata = event.metadata();
    let mut happened = Happened {
        event: SpanEvent {
            name: metadata.name().into(),
            time: SystemTime::now(),
            attributes: Vec::new(),
        },
        limits,
    };
    event.record(&mut happened);
    happened.event
}

// === impl First ===

impl<'a> First<'a> {
    pub(super) fn new(span: &'a mut SpanData, limits: &'a Limits) -> Self {
        Self { span, limits }
    }
}

impl Take for First<'_> {
    fn take(&mut self, name: &'static str, value: Value) {
        let Self { span, limits } = self;
        let Some(value) = special(span, name, value) else {
            return;
        };
        if span.attributes.len() < limits.attributes {
            let value = limits.cap(value);
            span.attributes.push((name.into(), value));
        } else {
            span.dropped_attributes = span.dropped_attributes.saturating_add(1);
        }
    }
}

// === impl Later ===

impl Later {
    pub(super) fn put(self, span: &mut SpanData, limits: &Limits) {
        for (name, value) in self.0 {
            if let Some(value) = special(span, name, value) {
                let (on, dropped) = (&mut span.attributes, &mut span.dropped_attributes);
                limits.set(on, dropped, name.into(), value);
            }
        }
    }
}

impl Take for Later {
    fn take(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }
}

// === impl Happened ===

impl Take for Happened<'_> {
    fn take(&mut self, name: &'static str, value: Value) {
        match (name, value) {
            ("message", Value::String(text)) => self.event.name = text,
            (name, value) if self.event.attributes.len() < self.limits.event_attributes => {
                let attribute: Attribute = (name.into(), self.limits.cap(value));
                self.event.attributes.push(attribute);
            }
            _ => {}
        }
    }
}

/// Gives back what is an attribute and nothing more.
fn special(span: &mut SpanData, name: &str, value: Value) -> Option<Value> {
    if !name.starts_with("otel.") {
        return Some(value);
    }
    let Value::String(text) = value else {
        return Some(value);
    };
    match name {
        names::NAME => span.name = text,
        names::KIND => {
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
        names::STATUS if text.eq_ignore_ascii_case("ok") => span.status = SpanStatus::Ok,
        names::STATUS if text.eq_ignore_ascii_case("error") => {
            if !matches!(span.status, SpanStatus::Error(_)) {
                span.status = SpanStatus::Error(SharedStr::from_static(""));
            }
        }
        names::STATUS => {}
        names::STATUS_DESCRIPTION | names::STATUS_MESSAGE => span.status = SpanStatus::Error(text),
        _ => return Some(Value::String(text)),
    }
    None
}

macro_rules! visit {
    ($type:ty) => {
        impl Visit for $type {
            fn record_bool(&mut self, field: &Field, value: bool) {
                self.take(field.name(), value.into());
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.take(field.name(), value.into());
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                self.take(field.name(), value.into());
            }

            fn record_f64(&mut self, field: &Field, value: f64) {
                self.take(field.name(), value.into());
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.take(field.name(), SharedStr::new(value).into());
            }

            fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
                self.take(field.name(), value.to_string().into());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.take(field.name(), format!("{value:?}").into());
            }
        }
    };
}

visit!(First<'_>);
visit!(Later);
visit!(Happened<'_>);
