//! What a breaker remembers of the calls that ended.

mod count;
mod run;

mod time;

use crate::Counts;
use crate::config;

pub(crate) use self::count::CountWindow;
pub(crate) use self::run::Run;
pub(crate) use self::time::TimeWindow;

/// The window of a breaker. Every result bears the generation that it belongs to, so that a new
/// generation begins with an empty window at no cost.
#[derive(Debug)]
pub(crate) enum Window {
    Count(CountWindow),
    Time(TimeWindow),
}

// === impl Window ===

impl Window {
    pub(crate) fn new(shape: config::Window, lanes: usize) -> Self {
        match shape {
            config::Window::Count(size) => Self::Count(CountWindow::new(size)),
            config::Window::Time { size, buckets } => {
                let nanos = size.as_nanos() as u64 / u64::from(buckets.max(1));
                Self::Time(TimeWindow::new(nanos, buckets, lanes))
            }
        }
    }

    /// The bucket of time that a result at `now` belongs to.
    #[inline]
    pub(crate) fn tick(&self, now: impl FnOnce() -> u64) -> u64 {
        match self {
            Self::Count(_) => 0,
            Self::Time(window) => window.tick(now()),
        }
    }

    #[inline]
    pub(crate) fn record(&self, lane: usize, generation: u32, tick: u64, fail: bool, slow: bool) {
        match self {
            Self::Count(window) => window.record(generation, fail, slow),
            Self::Time(window) => window.record(lane, generation, tick, fail, slow),
        }
    }

    pub(crate) fn counts(&self, generation: u32, tick: u64) -> Counts {
        match self {
            Self::Count(window) => window.counts(generation),
            Self::Time(window) => window.counts(generation, tick),
        }
    }

    pub(crate) fn sweep(&self, generation: u32) {
        match self {
            Self::Count(window) => window.sweep(generation),
            Self::Time(window) => window.sweep(generation),
        }
    }
}
