//! Attempts after the first one.

use gusset_http::RequestHead;

/// Which attempt a request is, after the first one: from 1. A retry puts it into the extensions of the
/// request that it sends again, and the span of the attempt bears it.
///
/// ```
/// use gusset_trace::ResendCount;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(ResendCount(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a number with a name")]
pub struct ResendCount(pub u32);

// === impl ResendCount ===

impl ResendCount {
    pub(crate) fn of(req: RequestHead<'_>) -> Option<u32> {
        let count = req.extensions.get::<Self>()?;
        Some(count.0).filter(|count| *count > 0)
    }
}
