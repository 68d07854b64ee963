//! A number that one thread writes at a time, and others may read.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number of a call. Only the call writes it, so a change needs no atomic operation; the executor orders the changes
/// of the threads that poll the call one after the other.
#[derive(Debug, Default)]
pub(super) struct Word(AtomicU64);

// === impl Word ===

impl Word {
    #[inline]
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn add(&self, more: u64) {
        self.set(self.get() + more);
    }

    #[inline]
    pub(super) fn take(&self) -> u64 {
        let value = self.get();
        self.set(0);
        value
    }
}
