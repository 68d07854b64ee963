//! Traces that are received and lost.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use gusset_http::RequestHead;

use crate::propagate;

/// A trace that was received in a format that nobody reads.
#[derive(Default)]
pub(super) struct Unread {
    /// That was said.
    said: AtomicBool,
    /// How many requests were looked at.
    looked: AtomicU32,
}

// === impl Unread ===

impl Unread {
    /// A service that is configured wrongly shows it in its first requests; later ones do not pay.
    const LOOKED_AT: u32 = 1024;

    /// Whether the request is the first to belong to a trace that was not read.
    pub(super) fn is_found(&self, req: RequestHead<'_>) -> bool {
        if self.looked.load(Ordering::Relaxed) >= Self::LOOKED_AT || req.headers.is_empty() {
            return false;
        }
        self.looked.fetch_add(1, Ordering::Relaxed);
        !self.said.load(Ordering::Relaxed)
            && propagate::in_any_format(req.headers)
            && !self.said.swap(true, Ordering::Relaxed)
    }
}
