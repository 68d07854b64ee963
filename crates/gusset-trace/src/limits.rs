//! How much stands on a span at most.

use gusset_data::{Attribute, SharedStr, SpanData, SpanEvent, Value};

/// How much stands on a span at most (OpenTelemetry, span limits); what is more is counted.
///
/// ```
/// use gusset_trace::Limits;
///
/// let limits = Limits::from_lookup(|name| {
///     (name == "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").then(|| "32".to_owned())
/// });
/// assert_eq!((limits.attributes, limits.events, limits.value_length), (32, 128, None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Attributes of a span: 128.
    pub attributes: usize,
    /// Events of a span: 128.
    pub events: usize,
    /// Links of a span: 128.
    pub links: usize,
    /// Attributes of an event: 128.
    pub event_attributes: usize,
    /// Characters of a text, which the specification leaves open: the attributes that a service gives
    /// itself are as long as it likes; those of calls never exceed 1 KiB or so.
    pub value_length: Option<usize>,
}

// === impl Limits ===

impl Limits {
    /// The limits that `OTEL_SPAN_{ATTRIBUTE,EVENT,LINK}_COUNT_LIMIT`, `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`
    /// and `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` name, or else the same without `SPAN_`.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the environment given. What is no number is warned of and
    /// ignored.
    pub fn from_lookup(env: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| {
            let text = env(name)?;
            let text = text.trim();
            let number = text.parse().ok();
            if number.is_none() && !text.is_empty() {
                tracing::warn!(target: "gusset::trace", "`{name}` is no number, and is ignored");
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

    /// Sets an attribute, in place of one with that key; counts it if there is no place.
    pub(crate) fn set(
        &self,
        on: &mut Vec<Attribute>,
        dropped: &mut u32,
        key: SharedStr,
        value: Value,
    ) {
        let value = self.cap(value);
        if let Some((_, known)) = on.iter_mut().find(|(known, _)| *known == key) {
            *known = value;
        } else if on.len() < self.attributes {
            on.push((key, value));
        } else {
            *dropped = dropped.saturating_add(1);
        }
    }

    /// Puts an event on a span; counts it if there is no place.
    pub(crate) fn happened(&self, span: &mut SpanData, event: SpanEvent) {
        if span.events.len() < self.events {
            span.events.push(event);
        } else {
            span.dropped_events = span.dropped_events.saturating_add(1);
        }
    }

    #[inline]
    pub(crate) fn cap(&self, mut value: Value) -> Value {
        if let Some(length) = self.value_length {
            match &mut value {
                Value::String(text) => cap(text, length),
                Value::StringArray(texts) => texts.iter_mut().for_each(|text| cap(text, length)),
                _ => {}
            }
        }
        value
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attributes: 128,
            events: 128,
            links: 128,
            event_attributes: 128,
            value_length: None,
        }
    }
}

fn cap(text: &mut SharedStr, length: usize) {
    let Some((kept, _)) = text.char_indices().nth(length) else {
        return;
    };
    *text = SharedStr::new(&text[..kept]);
}
