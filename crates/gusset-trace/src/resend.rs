//! The number of an attempt.

use gusset_http::RequestHead;

/// The number of a repeated attempt, from 1, in the extensions of its request.
///
/// A retry layer inserts it. The span of the attempt has it as `http.request.resend_count`.
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
    pub(crate) fn from_request(req: RequestHead<'_>) -> Option<u32> {
        let count = req.extensions.get::<Self>()?;
        Some(count.0).filter(|count| *count > 0)
    }
}
