//! One profile at a time.

use std::sync::atomic::{AtomicBool, Ordering};

/// Of the process and not of an endpoint, as the profilers are.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The right to take a profile. Dropping it lets the next request take one.
#[derive(Debug)]
pub(crate) struct Slot(());

// === impl Slot ===

impl Slot {
    /// Returns the slot, or `None` while a profile is being taken.
    pub(crate) fn acquire() -> Option<Self> {
        let was_taken = IS_TAKEN.swap(true, Ordering::Acquire);
        // Lazily: a slot that is dropped is free again.
        (!was_taken).then(|| Self(()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        IS_TAKEN.store(false, Ordering::Release);
    }
}
