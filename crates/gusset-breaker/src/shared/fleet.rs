//! Breakers of which only a share may be open at once.

use crate::sync::{AtomicU64, Ordering};

/// How many breakers there are, and how many of them are open or half-open: `members:32 | open:32`.
///
/// Where all of a pool look bad, the fault is as a rule not theirs: to open one breaker more would
/// leave nobody to call (Envoy's `max_ejection_percent`).
#[derive(Debug)]
pub(crate) struct Fleet {
    counts: AtomicU64,
    /// In parts of 10⁹.
    most: u32,
}

const MEMBER: u64 = 1 << 32;
const OPEN: u64 = 1;

// === impl Fleet ===

impl Fleet {
    pub(crate) fn new(most: crate::machine::Share) -> Self {
        Self {
            counts: AtomicU64::new(0),
            most: most.0,
        }
    }

    pub(crate) fn join(&self) {
        self.counts.fetch_add(MEMBER, Ordering::AcqRel);
    }

    pub(crate) fn leave(&self, open: bool) {
        let less = MEMBER + if open { OPEN } else { 0 };
        self.counts.fetch_sub(less, Ordering::AcqRel);
    }

    /// Takes a place among the open ones, if there is one: the share of all, rounded down, but one.
    pub(crate) fn open(&self) -> bool {
        let taken = self
            .counts
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |counts| {
                let (members, open) = (counts >> 32, counts & u64::from(u32::MAX));
                let most = members * u64::from(self.most) / u64::from(crate::machine::Share::WHOLE);
                (open < most.max(1)).then_some(counts + OPEN)
            });
        taken.is_ok()
    }

    /// Takes a place, even if there is none: a hand wants it.
    pub(crate) fn force(&self) {
        self.counts.fetch_add(OPEN, Ordering::AcqRel);
    }

    pub(crate) fn close(&self) {
        self.counts.fetch_sub(OPEN, Ordering::AcqRel);
    }
}
