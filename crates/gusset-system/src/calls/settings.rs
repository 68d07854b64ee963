//! What the calls of a monitor need of it.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gusset_core::{Clock, RateLimiter};

use super::ticks::Ticks;

/// The default of tokio-metrics is 50 µs, which is for the tuning of a runtime. This one is a time that users notice.
pub(super) const DEFAULT_LONG_POLL: Duration = Duration::from_millis(100);

/// How often sums of calls in flight are added to those of their route.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);

/// The settings of a monitor. Times are in ticks.
#[derive(Debug)]
pub(super) struct Settings {
    /// Distinguishes the monitors of the process, from 1.
    pub(super) monitor: u32,
    pub(super) ticks: Ticks,
    pub(super) long_poll: u64,
    pub(super) publish_interval: u64,
    pub(super) clock: Clock,
    pub(super) long_poll_events: RateLimiter,
}

// === impl Settings ===

impl Settings {
    /// Creates the settings of a monitor with this clock, or else with the cheapest one.
    pub(super) fn new(clock: Option<Clock>, long_poll: Duration) -> Self {
        static MONITORS: AtomicU32 = AtomicU32::new(1);
        let ticks = clock.clone().map_or_else(Ticks::system, Ticks::of_clock);
        let of = |duration| ticks.ticks_of(nanos(duration));
        Self {
            monitor: MONITORS.fetch_add(1, Ordering::Relaxed),
            long_poll: of(long_poll),
            publish_interval: of(PUBLISH_INTERVAL),
            ticks,
            clock: clock.unwrap_or_default(),
            long_poll_events: RateLimiter::per_second(NonZeroU32::MIN),
        }
    }

    pub(super) fn duration(&self, ticks: u64) -> Duration {
        Duration::from_nanos(self.ticks.nanos_of(ticks))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(None, DEFAULT_LONG_POLL)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
