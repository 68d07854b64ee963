//! Starts an observer once for each request.

use crate::{CallContext, Observer, Protocol};

/// Starts an observer, unless it observes this request already in a layer further out.
#[inline]
pub(crate) fn start_once<P: Protocol, O: Observer<P>>(
    observer: &O,
    req: P::Request<'_>,
    cx: &mut CallContext,
) -> Option<O::Call> {
    if !cx.observed().is_empty() && cx.observed().contains(observer.id()) {
        return None;
    }
    Some(observer.start(req, cx))
}
