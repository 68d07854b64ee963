//! The headers of AMQP, in `lapin`.

use gusset_core::{MessageHeaders, MessageHeadersMut};
use lapin::types::{AMQPValue, FieldTable};

/// The headers of a message of AMQP 0.9.1: `basic.properties.headers`.
///
/// Only texts are read. They are written as long strings, as other clients do.
///
/// ```
/// use gusset_core::{MessageHeaders, MessageHeadersMut};
/// use gusset_messaging::headers::AmqpHeaders;
/// use lapin::BasicProperties;
///
/// // `gusset.inject(&mut headers)` does this.
/// let mut headers = AmqpHeaders::default();
/// headers.set("traceparent", "00-…-01");
/// let properties = BasicProperties::default().with_headers(headers.into());
///
/// // What a consumer has taken: `delivery.properties`.
/// let taken = AmqpHeaders::from(properties.headers().clone());
/// assert_eq!(taken.get("traceparent"), Some("00-…-01"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct AmqpHeaders(pub FieldTable);

// === impl AmqpHeaders ===

impl MessageHeaders for AmqpHeaders {
    fn get(&self, name: &str) -> Option<&str> {
        match self.0.inner().get(name)? {
            AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
            AMQPValue::ShortString(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

impl MessageHeadersMut for AmqpHeaders {
    fn set(&mut self, name: &str, value: &str) {
        self.0
            .insert(name.into(), AMQPValue::LongString(value.into()));
    }
}

impl From<FieldTable> for AmqpHeaders {
    fn from(headers: FieldTable) -> Self {
        Self(headers)
    }
}

impl From<Option<FieldTable>> for AmqpHeaders {
    fn from(headers: Option<FieldTable>) -> Self {
        Self(headers.unwrap_or_default())
    }
}

impl From<AmqpHeaders> for FieldTable {
    fn from(headers: AmqpHeaders) -> Self {
        headers.0
    }
}
