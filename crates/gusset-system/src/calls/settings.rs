//! What the calls of a monitor need of it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gusset_core::{Clock, RateLimiter};

/// The default of tokio-metrics is 50 µs, which is for the tuning of a runtime. This one is a time that users notice.
pub(super) const DEFAULT_LONG_POLL: Duration = Duration::from_millis(100);

/// How often sums of calls in flight are added to those of their route.
pub(super) const PUBLISH_INTERVAL: u64 = 1_000_000_000;

/// The settings of a monitor, and its origin of time.
#[derive(Debug)]
pub(super) struct Settings {
    /// Distinguishes the monitors of the process.
    pub(super) monitor: u32,
    pub(super) clock: Clock,
    origin: Instant,
    /// In nanoseconds.
    pub(super) long_poll: u64,
    pub(super) long_poll_events: RateLimiter,
}

// === impl Settings ===

impl Settings {
    pub(super) fn new(clock: Clock, long_poll: Duration) -> Self {
        static MONITORS: AtomicU32 = AtomicU32::new(0);
        Self {
            monitor: MONITORS.fetch_add(1, Ordering::Relaxed),
            origin: clock.now(),
            clock,
            long_poll: nanos(long_poll),
            long_poll_events: RateLimiter::per_second(NonZeroU32::MIN),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.time(self.clock.now())
    }

    /// Returns a time as nanoseconds since the origin, from 1: zero is not a time.
    #[inline]
    pub(super) fn time(&self, time: Instant) -> u64 {
        nanos(time.saturating_duration_since(self.origin)) + 1
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Clock::system(), DEFAULT_LONG_POLL)
    }
}

#[inline]
pub(super) fn nanos(duration: Duration) -> u64 {
    // 584 years fit.
    duration.as_nanos() as u64
}
