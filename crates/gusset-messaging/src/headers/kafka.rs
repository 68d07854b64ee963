//! The headers of `rdkafka`.

use gusset_core::{MessageHeaders, MessageHeadersMut};
use rdkafka::message::{Header, Headers as _, OwnedHeaders};

/// The headers of a record of Kafka.
///
/// Of several headers with one name, the last is read, as Kafka's own clients do.
///
/// ```
/// use gusset_core::{MessageHeaders, MessageHeadersMut};
/// use gusset_messaging::headers::KafkaHeaders;
///
/// // `gusset.inject(&mut headers)` does this.
/// let mut headers = KafkaHeaders::default();
/// headers.set("traceparent", "00-…-01");
/// let sent: rdkafka::message::OwnedHeaders = headers.into();
///
/// // What a consumer has taken: `message.headers().map(BorrowedHeaders::detach)`.
/// let taken = KafkaHeaders::from(Some(sent));
/// assert_eq!(taken.get("traceparent"), Some("00-…-01"));
/// ```
#[derive(Clone, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct KafkaHeaders(pub OwnedHeaders);

// === impl KafkaHeaders ===

impl MessageHeaders for KafkaHeaders {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().filter(|header| header.key == name).last()?;
        std::str::from_utf8(found.value?).ok()
    }
}

impl MessageHeadersMut for KafkaHeaders {
    fn set(&mut self, name: &str, value: &str) {
        // The library has no way to remove a header.
        let others = self.0.iter().filter(|header| header.key != name);
        let others = others.fold(OwnedHeaders::new(), OwnedHeaders::insert);
        self.0 = others.insert(Header {
            key: name,
            value: Some(value),
        });
    }
}

impl From<OwnedHeaders> for KafkaHeaders {
    fn from(headers: OwnedHeaders) -> Self {
        Self(headers)
    }
}

impl From<Option<OwnedHeaders>> for KafkaHeaders {
    fn from(headers: Option<OwnedHeaders>) -> Self {
        Self(headers.unwrap_or_default())
    }
}

impl From<KafkaHeaders> for OwnedHeaders {
    fn from(headers: KafkaHeaders) -> Self {
        headers.0
    }
}
