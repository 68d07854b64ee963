//! Failures in a row.

use crate::sync::{AtomicU64, Ordering};

/// How many failures came one after the other: `generation:32 | failures:32`.
#[derive(Debug, Default)]
pub(crate) struct Run(AtomicU64);

// === impl Run ===

impl Run {
    /// One failure more; gives the length of the run.
    pub(crate) fn failed(&self, generation: u32) -> u32 {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            let run = of(bits, generation).saturating_add(1);
            let next = u64::from(generation) << 32 | u64::from(run);
            match self
                .0
                .compare_exchange_weak(bits, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return run,
                Err(now) => bits = now,
            }
        }
    }

    /// A success breaks the run. Writes nothing where there is none, so that healthy threads do not
    /// take the line from each other.
    #[inline]
    pub(crate) fn succeeded(&self, generation: u32) {
        let bits = self.0.load(Ordering::Relaxed);
        if of(bits, generation) != 0 {
            // A failure that came meanwhile is as well after this success.
            let none = u64::from(generation) << 32;
            let _ = self
                .0
                .compare_exchange(bits, none, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    pub(crate) fn length(&self, generation: u32) -> u32 {
        of(self.0.load(Ordering::Acquire), generation)
    }
}

#[inline]
fn of(bits: u64, generation: u32) -> u32 {
    if (bits >> 32) as u32 == generation {
        bits as u32
    } else {
        0
    }
}
