//! Limits on the content of a span.

use gusset_core::Env;
use gusset_data::{Attribute, SharedStr, SpanData, SpanEvent, Value};

use crate::env::var_or_warn;

/// Limits on the content of a span (OpenTelemetry, span limits). What exceeds them is dropped and
/// counted on the span.
///
/// ```
/// use gusset_core::Env;
/// use gusset_trace::SpanLimits;
///
/// let limits = SpanLimits::from_env(Env::from_fn(&|name| {
///     (name == "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").then(|| "32".to_owned())
/// }));
/// assert_eq!((limits.attributes, limits.events, limits.value_length), (32, 128, None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanLimits {
    /// The number of attributes of a span. Defaults to 128.
    pub attributes: usize,
    /// The number of events of a span. Defaults to 128.
    pub events: usize,
    /// The number of links of a span. Defaults to 128.
    pub links: usize,
    /// The number of attributes of an event. Defaults to 128.
    pub event_attributes: usize,
    /// The length of a text in characters. Defaults to no limit.
    ///
    /// The attributes of requests never exceed a few KiB. Only custom attributes can be longer.
    pub value_length: Option<usize>,
}

const DEFAULT_COUNT_LIMIT: usize = 128;

// === impl SpanLimits ===

impl SpanLimits {
    /// Returns the limits that the environment sets.
    ///
    /// Reads `OTEL_SPAN_{ATTRIBUTE,EVENT,LINK}_COUNT_LIMIT`, `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT` and
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else the same names without `SPAN_` or `EVENT_`. Values
    /// that are not numbers are ignored with a warning.
    pub fn from_env(env: Env<'_>) -> Self {
        let number = |name: &str| {
            let number = var_or_warn(env, name)?.parse().ok();
            if number.is_none() {
                tracing::warn!(target: "gusset::trace", "ignoring `{name}`: not a number");
            }
            number
        };
        let Self {
            attributes,
            events,
            links,
            event_attributes,
            value_length,
        } = Self::default();
        let all = number("OTEL_ATTRIBUTE_COUNT_LIMIT");
        Self {
            attributes: number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT")
                .or(all)
                .unwrap_or(attributes),
            events: number("OTEL_SPAN_EVENT_COUNT_LIMIT").unwrap_or(events),
            links: number("OTEL_SPAN_LINK_COUNT_LIMIT").unwrap_or(links),
            event_attributes: number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT")
                .or(all)
                .unwrap_or(event_attributes),
            value_length: number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT")
                .or_else(|| number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"))
                .or(value_length),
        }
    }

    /// Sets an attribute and replaces one with the same key. Counts it as dropped over the limit.
    pub(crate) fn set_attribute(&self, span: &mut SpanData, key: SharedStr, value: Value) {
        let value = self.truncate(value);
        let attributes = &mut span.attributes;
        if let Some((_, present)) = attributes.iter_mut().find(|(present, _)| *present == key) {
            *present = value;
        } else {
            self.add_attribute(span, (key, value));
        }
    }

    /// Adds an attribute whose value was truncated. Counts it as dropped over the limit.
    pub(crate) fn add_attribute(&self, span: &mut SpanData, attribute: Attribute) {
        if span.attributes.len() < self.attributes {
            span.attributes.push(attribute);
        } else {
            span.dropped_attributes = span.dropped_attributes.saturating_add(1);
        }
    }

    /// Adds an event. Counts it as dropped over the limit.
    pub(crate) fn add_event(&self, span: &mut SpanData, event: SpanEvent) {
        if span.events.len() < self.events {
            span.events.push(event);
        } else {
            span.dropped_events = span.dropped_events.saturating_add(1);
        }
    }

    #[inline]
    pub(crate) fn truncate(&self, mut value: Value) -> Value {
        if let Some(length) = self.value_length {
            match &mut value {
                Value::String(text) => truncate_text(text, length),
                Value::StringArray(texts) => {
                    texts
                        .iter_mut()
                        .for_each(|text| truncate_text(text, length));
                }
                _ => {}
            }
        }
        value
    }
}

impl Default for SpanLimits {
    fn default() -> Self {
        Self {
            attributes: DEFAULT_COUNT_LIMIT,
            events: DEFAULT_COUNT_LIMIT,
            links: DEFAULT_COUNT_LIMIT,
            event_attributes: DEFAULT_COUNT_LIMIT,
            value_length: None,
        }
    }
}

fn truncate_text(text: &mut SharedStr, length: usize) {
    if let Some((end, _)) = text.char_indices().nth(length) {
        *text = SharedStr::new(&text[..end]);
    }
}
