//! A limit on the number of breakers that are open at the same time.

use crate::machine::Ratio;
use crate::sync::{AtomicU64, Ordering};

/// The number of breakers, and of those that are open or half-open: `breakers:32 | open:32`.
///
/// If most services of a pool seem to fail, the cause is usually elsewhere, and opening more breakers
/// leaves no service to call. Envoy limits this with `max_ejection_percent`.
///
/// Both numbers share a word, so that the limit and the count are compared in one step. The word guards
/// no other memory.
#[derive(Debug)]
pub(crate) struct OpenBudget {
    counts: AtomicU64,
    max_ratio: Ratio,
}

const ONE_BREAKER: u64 = 1 << 32;
const ONE_OPEN: u64 = 1;

// === impl OpenBudget ===

impl OpenBudget {
    pub(crate) fn new(max_ratio: Ratio) -> Self {
        Self {
            counts: AtomicU64::new(0),
            max_ratio,
        }
    }

    /// Adds a breaker.
    pub(crate) fn join(&self) {
        self.counts.fetch_add(ONE_BREAKER, Ordering::AcqRel);
    }

    /// Removes a breaker.
    pub(crate) fn leave(&self, open: bool) {
        let removed = ONE_BREAKER + if open { ONE_OPEN } else { 0 };
        self.counts.fetch_sub(removed, Ordering::AcqRel);
    }

    /// Takes a slot for an open breaker, if one is free.
    ///
    /// The number of slots is the ratio of all breakers, rounded down, and at least one.
    pub(crate) fn try_open(&self) -> bool {
        let taken = self
            .counts
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |counts| {
                let (breakers, open) = (counts >> 32, counts & u64::from(u32::MAX));
                let max = breakers * u64::from(self.max_ratio.0) / u64::from(Ratio::ONE);
                (open < max.max(1)).then_some(counts + ONE_OPEN)
            });
        taken.is_ok()
    }

    /// Takes a slot without a limit, for a breaker that is opened manually.
    pub(crate) fn force_open(&self) {
        self.counts.fetch_add(ONE_OPEN, Ordering::AcqRel);
    }

    /// Returns a slot.
    pub(crate) fn close(&self) {
        self.counts.fetch_sub(ONE_OPEN, Ordering::AcqRel);
    }
}
