//! The headers of `async-nats`.

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use gusset_core::{MessageHeaders, MessageHeadersMut};

/// The headers of a message of NATS, with or without JetStream.
///
/// A header that NATS does not permit, because its value has a line break, is not written.
///
/// ```
/// use gusset_core::{MessageHeaders, MessageHeadersMut};
/// use gusset_messaging::headers::NatsHeaders;
///
/// // `gusset.inject(&mut headers)` does this.
/// let mut headers = NatsHeaders::default();
/// headers.set("traceparent", "00-…-01");
/// let sent: async_nats::HeaderMap = headers.into();
///
/// // What a consumer has taken: `message.headers`.
/// let taken = NatsHeaders::from(Some(sent));
/// assert_eq!(taken.get("traceparent"), Some("00-…-01"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct NatsHeaders(pub HeaderMap);

// === impl NatsHeaders ===

impl MessageHeaders for NatsHeaders {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(HeaderValue::as_str)
    }
}

impl MessageHeadersMut for NatsHeaders {
    fn set(&mut self, name: &str, value: &str) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            self.0.insert(name, value);
        }
    }
}

impl From<HeaderMap> for NatsHeaders {
    fn from(headers: HeaderMap) -> Self {
        Self(headers)
    }
}

impl From<Option<HeaderMap>> for NatsHeaders {
    fn from(headers: Option<HeaderMap>) -> Self {
        Self(headers.unwrap_or_default())
    }
}

impl From<NatsHeaders> for HeaderMap {
    fn from(headers: NatsHeaders) -> Self {
        headers.0
    }
}
