//! Readings of the clock that fit into an atomic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gusset_core::Clock;

/// The clock of a [`ClientTimer`](crate::ClientTimer), in nanoseconds since the timer was built.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    clock: Clock,
    origin: Instant,
}

/// A reading in nanoseconds, or none yet.
///
/// Relaxed everywhere: a reading is complete in itself, and a reader that is not ordered after the writer may miss
/// it, as if it had looked earlier.
#[derive(Debug, Default)]
pub(crate) struct Mark(AtomicU64);

// === impl Ticks ===

impl Ticks {
    pub(crate) fn new(clock: Clock) -> Self {
        let origin = clock.now();
        Self { clock, origin }
    }

    /// Returns the time since the origin. Never zero, which stands for no reading.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        let elapsed = self.clock.now().saturating_duration_since(self.origin);
        // 584 years fit.
        elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos()) + 1
    }
}

// === impl Mark ===

impl Mark {
    #[inline]
    pub(crate) fn set(&self, at: u64) {
        self.0.store(at, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<u64> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            at => Some(at),
        }
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.get().is_some()
    }

    #[inline]
    pub(crate) fn clear(&self) {
        self.set(0);
    }
}

/// Returns the time between two readings; zero if they are in the wrong order.
#[inline]
pub(crate) fn between(start: u64, end: u64) -> Duration {
    Duration::from_nanos(end.saturating_sub(start))
}
