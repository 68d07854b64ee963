//! The sub-windows of the last hour and of the last day.

use std::time::{Duration, Instant};

use gusset_core::Clock;

/// The sub-windows of a window. With the one in progress, a window of an hour has the last 60 to 65 minutes.
pub(crate) const SUB_WINDOWS: u64 = 12;

const HOUR_TICK: Duration = Duration::from_secs(300);
/// The short ticks of a long one, of two hours.
const TICKS_OF_LONG: u64 = 24;
/// The short ticks of a day.
const TICKS_OF_DAY: u64 = TICKS_OF_LONG * SUB_WINDOWS;

/// A window of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    Hour,
    Day,
}

/// A number of five minutes since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tick(pub(crate) u64);

/// The clock of a service, in ticks since it was built.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    clock: Clock,
    origin: Instant,
}

// === impl Ticks ===

impl Ticks {
    pub(crate) fn new(clock: Clock) -> Self {
        let origin = clock.now();
        Self { clock, origin }
    }

    pub(crate) fn at(&self, time: Instant) -> Tick {
        let elapsed = time.saturating_duration_since(self.origin);
        Tick(elapsed.as_secs() / HOUR_TICK.as_secs())
    }

    /// Returns whether a tick has ended. Costs half of what [`at`](Self::at) does.
    #[inline]
    pub(crate) fn is_over(&self, tick: Tick, now: Instant) -> bool {
        let length = HOUR_TICK.as_secs();
        now >= self.origin + Duration::from_secs((tick.0 + 1) * length)
    }

    pub(crate) fn now(&self) -> Tick {
        self.at(self.clock.now())
    }
}

// === impl Tick ===

impl Tick {
    /// Returns the number of the day, by which secrets rotate.
    pub(crate) fn day(self) -> u64 {
        self.0 / TICKS_OF_DAY
    }
}

// === impl Window ===

impl Window {
    /// Returns the number of the sub-window at a tick.
    pub(crate) fn sub_window(self, tick: Tick) -> u64 {
        match self {
            Self::Hour => tick.0,
            Self::Day => tick.0 / TICKS_OF_LONG,
        }
    }

    /// Returns the first tick of the window.
    pub(crate) fn start(self, tick: Tick) -> Tick {
        let start = self.sub_window(tick).saturating_sub(SUB_WINDOWS);
        match self {
            Self::Hour => Tick(start),
            Self::Day => Tick(start * TICKS_OF_LONG),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_at_least_their_length() {
        let (clock, hand) = Clock::manual();
        let ticks = Ticks::new(clock);
        hand.advance(Duration::from_secs(30 * 3600 + 59));
        let now = ticks.now();
        assert_eq!(now, Tick(360));
        assert_eq!(Window::Hour.start(now), Tick(348), "60 minutes before");
        assert_eq!(Window::Day.start(now), Tick(72), "24 hours before");
        assert_eq!(Window::Day.start(Tick(383)), Tick(72));
        assert_eq!(Window::Day.start(Tick(384)), Tick(96));
        assert_eq!(Window::Hour.start(Tick(3)), Tick(0));
        assert_eq!((Tick(287).day(), Tick(288).day()), (0, 1));
    }

    #[test]
    fn tick_is_over_when_the_next_one_begins() {
        let (clock, hand) = Clock::manual();
        let ticks = Ticks::new(clock.clone());
        hand.advance(Duration::from_secs(599));
        assert!(!ticks.is_over(Tick(1), clock.now()));
        hand.advance(Duration::from_secs(1));
        assert!(ticks.is_over(Tick(1), clock.now()));
        assert_eq!(ticks.now(), Tick(2));
    }
}
