use gusset_core::SpanIds;
use gusset_http::RequestId;
use tracing::Metadata;
use tracing::field::Visit;

use crate::access::{AccessRecord, OwnFields};
use crate::format::template::CallsiteTemplate;
use crate::format::time::Timestamp;

pub(super) struct EventMeta<'a> {
    /// The metadata; those of a record of the `log` crate are its own.
    pub(super) metadata: &'a Metadata<'a>,
    /// The target, unless it is that of a record of the `log` crate.
    pub(super) static_target: Option<&'static str>,
    pub(super) template: &'a CallsiteTemplate,
    pub(super) at: Timestamp,
    pub(super) ids: Option<SpanIds>,
    pub(super) request_id: RequestIdOf,
    /// The number of entries of the same callsite that were suppressed before this one.
    pub(super) suppressed: u64,
    /// The record of an access log entry, if it is read instead of the event.
    pub(super) access: Option<&'a AccessRecord>,
    /// The own fields of the call, if the event is its access log entry.
    pub(super) own_fields: Option<OwnFields<'a>>,
}

/// The request id of an entry.
pub(super) enum RequestIdOf {
    /// That of the request being answered on this thread.
    CurrentRequest,
    /// That of a span. `None` outside of any request.
    Span(Option<RequestId>),
}

// === impl EventMeta ===

impl EventMeta<'_> {
    #[inline]
    pub(super) fn with_request_id<R>(&self, read: impl FnOnce(Option<&str>) -> R) -> R {
        match &self.request_id {
            RequestIdOf::CurrentRequest => RequestId::with(|id| read(id.map(RequestId::as_str))),
            RequestIdOf::Span(id) => read(id.as_ref().map(RequestId::as_str)),
        }
    }
}

/// Passes the fields of an entry to a visitor.
pub(super) type RecordFields<'a> = &'a dyn Fn(&mut dyn Visit);
