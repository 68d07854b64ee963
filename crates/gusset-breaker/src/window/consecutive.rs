//! Consecutive failures.

use crate::sync::{AtomicU64, Ordering};

/// The number of consecutive failures: `generation:32 | failures:32`.
///
/// One word, so that a failure of an old generation is never added to the count of a new one.
#[derive(Debug, Default)]
pub(crate) struct ConsecutiveFailures(AtomicU64);

// === impl ConsecutiveFailures ===

impl ConsecutiveFailures {
    /// Counts a failure, and returns the new number.
    pub(crate) fn record_failure(&self, generation: u32) -> u32 {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            let failures = count_in(bits, generation).saturating_add(1);
            let next = u64::from(generation) << 32 | u64::from(failures);
            // AcqRel: pairs with the Acquire load of `get`. The word itself is all that is shared.
            match self
                .0
                .compare_exchange_weak(bits, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return failures,
                Err(current) => bits = current,
            }
        }
    }

    /// Resets the count to zero. Writes nothing if it is zero, so that threads without failures do not
    /// contend for the cache line.
    #[inline]
    pub(crate) fn record_success(&self, generation: u32) {
        let bits = self.0.load(Ordering::Relaxed);
        if count_in(bits, generation) != 0 {
            let zero = u64::from(generation) << 32;
            // Not retried: a failure that was recorded in between counts as after this success.
            let _ = self
                .0
                .compare_exchange(bits, zero, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, generation: u32) -> u32 {
        count_in(self.0.load(Ordering::Acquire), generation)
    }
}

#[inline]
fn count_in(bits: u64, generation: u32) -> u32 {
    if (bits >> 32) as u32 == generation {
        bits as u32
    } else {
        0
    }
}
