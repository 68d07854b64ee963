use gusset_core::SpanIds;
use gusset_http::RequestId;
use tracing::Metadata;
use tracing::field::Visit;

use crate::access::AccessRecord;
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
    /// The number of entries of the same callsite that were suppressed before this one.
    pub(super) suppressed: u64,
    /// The record of an access log entry, if it is read instead of the event.
    pub(super) access: Option<&'a AccessRecord>,
}

/// Passes the fields of an entry to a visitor.
pub(super) type RecordFields<'a> = &'a dyn Fn(&mut dyn Visit);

#[inline]
pub(super) fn with_request_id<R>(read: impl FnOnce(Option<&str>) -> R) -> R {
    RequestId::with(|id| read(id.map(RequestId::as_str)))
}
