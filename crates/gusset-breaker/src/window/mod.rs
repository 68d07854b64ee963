//! The results that a breaker evaluates.

mod consecutive;
mod count;

use gusset_core::WindowCounts;

use crate::Counts;
use crate::config;

pub(crate) use self::consecutive::ConsecutiveFailures;
pub(crate) use self::count::CountWindow;
pub(crate) use gusset_core::TimeWindow;

/// The window of a breaker.
///
/// Every stored result has a generation, so a new generation starts with an empty window at no cost.
#[derive(Debug)]
pub(crate) enum Window {
    Count(CountWindow),
    Time(TimeWindow),
}

// === impl Window ===

impl Window {
    pub(crate) fn new(shape: config::Window, shards: usize) -> Self {
        match shape {
            config::Window::Count(size) => Self::Count(CountWindow::new(size)),
            config::Window::Time { size, buckets } => {
                let nanos = size.as_nanos() as u64 / u64::from(buckets.max(1));
                Self::Time(TimeWindow::new(nanos, buckets, shards))
            }
        }
    }

    /// Returns the number of the time bucket for a result at `now`. Calls `now` only for a time window.
    #[inline]
    pub(crate) fn tick(&self, now: impl FnOnce() -> u64) -> u64 {
        match self {
            Self::Count(_) => 0,
            Self::Time(window) => window.tick(now()),
        }
    }

    #[inline]
    pub(crate) fn record(&self, shard: usize, generation: u32, tick: u64, fail: bool, slow: bool) {
        match self {
            Self::Count(window) => window.record(generation, fail, slow),
            Self::Time(window) => window.record(shard, generation, tick, fail, slow),
        }
    }

    pub(crate) fn counts(&self, generation: u32, tick: u64) -> Counts {
        match self {
            Self::Count(window) => window.counts(generation),
            Self::Time(window) => {
                let WindowCounts {
                    calls,
                    failures,
                    slow,
                } = window.counts(generation, tick);
                Counts {
                    calls,
                    failures,
                    slow,
                }
            }
        }
    }

    /// Clears the results of other generations.
    pub(crate) fn clear_stale(&self, generation: u32) {
        match self {
            Self::Count(window) => window.clear_stale(generation),
            Self::Time(window) => window.clear_stale(generation),
        }
    }
}
