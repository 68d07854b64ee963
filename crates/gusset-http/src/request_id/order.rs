//! The warning about a request id that is set inside of the observers.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use gusset_core::RequestKey;

use crate::{RequestHead, request_key};

/// The number of requests that are checked. A wrong order concerns each request, so it shows at once, and
/// later requests do not pay for the check.
const CHECKED_REQUESTS: u32 = 100;

/// Warns once if a request id is set inside of a layer that observes the call: the log entry and the span
/// of the call do not have it.
#[inline]
pub(super) fn check(req: RequestHead<'_>) {
    static CHECKED: AtomicU32 = AtomicU32::new(0);
    static WARNED: Once = Once::new();
    // The count may pass the limit by the number of threads, which does no harm.
    if CHECKED.load(Ordering::Relaxed) >= CHECKED_REQUESTS {
        return;
    }
    CHECKED.fetch_add(1, Ordering::Relaxed);
    // The same request: a span around the service, of a runtime for example, is not a layer.
    let is_observed = RequestKey::observed()
        .is_some_and(|key| request_key::key(req) == key || request_key::has_key(req, key));
    if is_observed && super::current_request_id().is_none() {
        WARNED.call_once(|| {
            tracing::warn!(
                target: "gusset::http",
                "`RequestIdLayer` is inside of a layer that observes the call: access log entries and \
                 spans do not have the request id; add `RequestIdLayer` after that layer on a router, or \
                 before it in a `ServiceBuilder`"
            );
        });
    }
}
