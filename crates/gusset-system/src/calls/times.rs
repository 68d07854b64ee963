//! What a call did with its time, from the edges of its polls.

use std::time::Duration;

/// The time of a call, by what the call did in it. The three add up to its duration.
///
/// The times of one poll are those of the poll of an observed service and its body: what runs in other tasks on
/// behalf of the call is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTimes {
    /// The time in which the call was polled: its computing, and its blocking calls.
    pub polled: Duration,
    /// The time from when the call was woken to when it was polled: the queues of the runtime. Zero if it is not
    /// measured.
    pub scheduled: Duration,
    /// The rest: the call waited to be woken, for the network, a timer, a lock, or its client.
    pub waiting: Duration,
}

/// Divides the time of one call. Times are nanoseconds since an origin that is the caller's.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeSplit {
    /// The last edge of a poll, or the start of the call.
    edge: u64,
    is_polled: bool,
    nanos: Nanos,
}

/// [`CallTimes`] in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nanos {
    pub(super) polled: u64,
    pub(super) scheduled: u64,
    pub(super) waiting: u64,
}

// === impl TimeSplit ===

impl TimeSplit {
    #[inline]
    pub(super) fn start(now: u64) -> Self {
        Self {
            edge: now,
            is_polled: false,
            nanos: Nanos::default(),
        }
    }

    /// Begins a poll. `woken` is the first wake since the poll before began, if there was one.
    #[inline]
    pub(super) fn enter(&mut self, now: u64, woken: Option<u64>) {
        let gap = now.saturating_sub(self.edge);
        // A wake during the poll before, as of `yield_now`: the call was ready as soon as that poll ended.
        let woken = woken.map_or(now, |woken| woken.max(self.edge));
        let scheduled = now.saturating_sub(woken).min(gap);
        self.nanos.scheduled += scheduled;
        self.nanos.waiting += gap - scheduled;
        self.edge = now;
        self.is_polled = true;
    }

    /// Ends a poll. Returns how long it was.
    #[inline]
    pub(super) fn exit(&mut self, now: u64) -> u64 {
        let polled = now.saturating_sub(self.edge);
        self.nanos.polled += polled;
        self.edge = now;
        self.is_polled = false;
        polled
    }

    /// Ends the call. If it is polled, that poll has panicked; if it was woken, it was cancelled before its poll.
    #[inline]
    pub(super) fn end(&mut self, now: u64, woken: Option<u64>) {
        if self.is_polled {
            self.exit(now);
        } else {
            self.enter(now, woken);
        }
    }

    /// Returns what was added since the last `take`.
    #[inline]
    pub(super) fn take(&mut self) -> Nanos {
        std::mem::take(&mut self.nanos)
    }
}

// === impl Nanos ===

impl From<Nanos> for CallTimes {
    fn from(nanos: Nanos) -> Self {
        Self {
            polled: Duration::from_nanos(nanos.polled),
            scheduled: Duration::from_nanos(nanos.scheduled),
            waiting: Duration::from_nanos(nanos.waiting),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn time_between_polls_is_waiting_until_the_wake() {
        let mut split = TimeSplit::start(100);
        split.enter(100, None);
        assert_eq!(split.exit(130), 30);
        split.enter(200, Some(180));
        assert_eq!(split.exit(210), 10);
        let expected = Nanos {
            polled: 40,
            scheduled: 20,
            waiting: 50,
        };
        assert_eq!(split.take(), expected);
    }

    #[test]
    fn wake_during_a_poll_is_scheduled_from_its_end() {
        let mut split = TimeSplit::start(0);
        split.enter(0, None);
        split.exit(50);
        split.enter(80, Some(10));
        assert_eq!(split.take().scheduled, 30);
    }

    #[test]
    fn poll_without_a_wake_was_waiting() {
        let mut split = TimeSplit::start(0);
        split.enter(40, None);
        let nanos = split.take();
        assert_eq!((nanos.waiting, nanos.scheduled), (40, 0));
    }

    #[test]
    fn cancelled_call_that_was_woken_was_scheduled() {
        let mut split = TimeSplit::start(0);
        split.enter(0, None);
        split.exit(10);
        split.end(100, Some(70));
        let expected = Nanos {
            polled: 10,
            scheduled: 30,
            waiting: 60,
        };
        assert_eq!(split.take(), expected);
    }

    #[test]
    fn poll_that_panics_is_polled_to_its_end() {
        let mut split = TimeSplit::start(0);
        split.enter(10, None);
        split.end(50, None);
        let nanos = split.take();
        assert_eq!((nanos.polled, nanos.waiting), (40, 10));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_duration(
            start: u32,
            polls in prop::collection::vec((0..1_000_u64, 0..1_000_u64, prop::option::of(0..3_000_u64)), 0..20),
            rest in 0..1_000_u64,
        ) {
            let start = u64::from(start);
            let mut now = start;
            let mut split = TimeSplit::start(now);
            for (gap, length, woken) in polls {
                now += gap;
                // Before, in or after the gap: clocks of two threads may differ.
                let woken = woken.map(|woken| (now + 1_000).saturating_sub(woken));
                split.enter(now, woken);
                now += length;
                prop_assert_eq!(split.exit(now), length);
            }
            now += rest;
            split.end(now, None);
            let Nanos { polled, scheduled, waiting } = split.take();
            prop_assert_eq!(polled + scheduled + waiting, now - start);
        }
    }
}
