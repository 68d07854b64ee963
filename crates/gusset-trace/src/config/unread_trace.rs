//! Detection of traces in a format that is not configured.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use gusset_http::RequestHead;
use gusset_propagation::has_known_format;

/// Finds the first request with a trace that no configured propagator reads.
///
/// Only the first requests without a trace are checked. A wrong configuration shows there, and later
/// requests save the cost.
#[derive(Default)]
pub(crate) struct UnreadTraceCheck {
    is_found: AtomicBool,
    checked_requests: AtomicU32,
}

const MAX_CHECKED_REQUESTS: u32 = 1024;

// === impl UnreadTraceCheck ===

impl UnreadTraceCheck {
    /// Returns whether this request is the first one with a trace that was not read.
    pub(crate) fn is_first(&self, req: RequestHead<'_>) -> bool {
        // Relaxed: an inexact count only shifts the end of the check.
        if self.checked_requests.load(Ordering::Relaxed) >= MAX_CHECKED_REQUESTS
            || req.headers.is_empty()
        {
            return false;
        }
        self.checked_requests.fetch_add(1, Ordering::Relaxed);
        !self.is_found.load(Ordering::Relaxed)
            && has_known_format(req.headers)
            && !self.is_found.swap(true, Ordering::Relaxed)
    }
}
