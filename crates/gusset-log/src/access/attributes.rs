//! The record of a server's call, made from what was kept and not from its event.
//!
//! The same record: a test holds both ways side by side.

use gusset_core::StaticStr;
use gusset_data::{Attribute, SharedStr, Value};

use super::emit;
use super::kept::Kept;
use super::{Side, shown};
use crate::names;

// === impl Kept ===

impl Kept {
    /// Whether there is a record without the help of the event.
    #[inline]
    pub(crate) fn has_attributes(&self) -> bool {
        self.shared().side == Side::Server
    }

    /// What the record says.
    pub(crate) fn body(&self) -> SharedStr {
        let shown::Summary { method, place, end } = self.summary();
        SharedStr::concat([method, " ", place, " ", end])
    }

    /// Its attributes. Words of closed sets are not copied.
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        // The request's id comes on top. All there may be are a few more.
        let mut on = Attributes(Vec::with_capacity(16));
        let end = &self.end;
        on.put(names::METHOD, SharedStr::new(self.method()));
        on.put(names::PATH, SharedStr::new(self.path()));
        on.some(names::STATUS, self.status().map(i64::from));
        on.put(names::RESPONSE_SIZE, end.bytes);
        on.some(names::REQUEST_SIZE, self.read());
        let agent = shown::header(self.user_agent.as_ref());
        on.some(names::USER_AGENT, agent.map(shown::Lossy::to_text));
        let client = self.client.map(|client| client.to_string());
        on.some(names::CLIENT_ADDRESS, client);
        let referer = shown::page(self.referer.as_ref());
        on.some(names::REFERER, referer.map(shown::Lossy::to_text));
        on.put(names::SERVER_DURATION, emit::seconds(end.elapsed));
        on.some(names::VERSION, shown::version(self.version));
        on.some(names::ROUTE, self.route().map(SharedStr::new));
        on.some(names::SERVER_HEAD, end.head.map(emit::seconds));
        on.put(names::OUTCOME, end.outcome.as_str());
        on.some(names::STAGE, end.stage);
        on.some(names::ERROR, end.error.map(StaticStr::as_str));
        let original = self.method_original().map(SharedStr::new);
        on.some(names::METHOD_ORIGINAL, original);
        on.some(names::SCHEME, self.scheme());
        on.some(names::QUERY, self.query().map(|query| query.to_string()));
        on.0
    }
}

struct Attributes(Vec<Attribute>);

// === impl Attributes ===

impl Attributes {
    #[inline]
    fn put(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }

    #[inline]
    fn some(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }
}
