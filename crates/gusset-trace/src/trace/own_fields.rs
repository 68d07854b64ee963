//! The own fields of calls: from baggage at the start, and on the exported span at the end.

use std::borrow::Cow;

use gusset_core::CallContext;
use gusset_core::field::{CallFields, Field, FieldKind};
use gusset_data::{SharedStr, SpanData};
use gusset_http::RequestHead;
use gusset_propagation::Baggage;

use super::TraceObserverBuilder;
use crate::config::TraceConfig;
use crate::names;

/// The namespaces of the attributes that describe the call. An own field does not replace one of them.
const CALL_NAMESPACES: [&str; 10] = [
    "client.",
    "error.",
    "gusset.",
    "http.",
    "messaging.",
    "network.",
    "rpc.",
    "server.",
    "url.",
    "user_agent.",
];

impl TraceObserverBuilder {
    /// Adds members of the baggage that a server takes as [own fields](gusset_core::field) of its calls, by their
    /// keys. Defaults to none.
    ///
    /// The fields are in the access log entry, the exported record and the span. One that is registered
    /// ([`RequestOptions::with_field`](gusset_http::RequestOptions::with_field)) is on metrics too, and its other values are `_OTHER`.
    ///
    /// Only members from trusted senders are taken: from the [`trusted_proxies`](Self::trusted_proxies), or if
    /// none are configured, from all senders with [`TraceTrust::Continue`](crate::TraceTrust::Continue).
    ///
    /// ```
    /// use gusset_http::TrustedProxies;
    /// use gusset_trace::TraceObserver;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let trace = TraceObserver::server()
    ///     .trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"])?)
    ///     .baggage_fields(["tenant", "user.id"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`build`](Self::build) fails if a key is empty or has more than
    /// [`MAX_NAME_BYTES`](gusset_core::field::MAX_NAME_BYTES).
    pub fn baggage_fields<I>(mut self, keys: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.baggage_fields.extend(keys.into_iter().map(Into::into));
        self
    }
}

impl TraceConfig {
    /// Sets the listed members of the baggage as own fields of the call, if the sender is trusted.
    #[inline]
    pub(super) fn set_baggage_fields(
        &self,
        req: RequestHead<'_>,
        baggage: &Baggage,
        cx: &mut CallContext,
    ) {
        let is_set = !self.baggage_fields.is_empty() && !baggage.is_empty();
        if is_set && self.trust.trusts_sender(req, &self.options) {
            self.set_trusted_fields(baggage, cx);
        }
    }

    #[cold]
    pub(super) fn set_trusted_fields(&self, baggage: &Baggage, cx: &mut CallContext) {
        for name in &*self.baggage_fields {
            if let Some(value) = baggage.get(name) {
                let kind = match self.options.has_field(name) {
                    true => FieldKind::Low,
                    false => FieldKind::High,
                };
                cx.set_field(Field::new(kind, name.clone(), value));
            }
        }
    }

    /// Adds the own fields of a call to its span.
    #[cold]
    pub(super) fn record_fields(&self, span: &mut SpanData, fields: &CallFields) {
        for field in fields.iter() {
            let name = field.name();
            let is_of_call = name == names::REQUEST_ID
                || CALL_NAMESPACES.iter().any(|start| name.starts_with(start));
            if is_of_call && span.attributes.iter().any(|(key, _)| key == name) {
                continue;
            }
            let value = self.options.field_value(field);
            let value = SharedStr::new(&self.redaction.redact_field(name, value));
            self.limits
                .set_attribute(span, SharedStr::new(name), value.into());
        }
        let dropped = span.dropped_attributes;
        span.dropped_attributes = dropped.saturating_add(fields.dropped());
    }
}
