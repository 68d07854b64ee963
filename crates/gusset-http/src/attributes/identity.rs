//! Which options are the same.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that two options with different contents do not share. An address would not do, because it
/// can be reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64);

// === impl Identity ===

impl Identity {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
