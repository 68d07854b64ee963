//! What a call did with its time, from the edges of its polls and from its wakes.

use std::time::Duration;

use super::settings::Settings;
use super::word::Word;

/// The time of a call, by what the call did in it. The three add up to its duration.
///
/// Polls are those of the observed service and of its body: what other tasks do on behalf of the call is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTimes {
    /// The time in which the call was polled: its computing, and its blocking calls.
    pub polled: Duration,
    /// The time from when the call was woken to when it was polled: it waited for a thread of the runtime.
    pub scheduled: Duration,
    /// The rest: the call waited for the network, a timer, a lock or its client.
    pub waiting: Duration,
}

/// Divides the time of one call, which writes it. Times are in ticks.
#[derive(Debug, Default)]
pub(super) struct TimeSplit {
    /// The last edge of a poll, or the start of the call.
    edge: Word,
    polled: Word,
    scheduled: Word,
    waiting: Word,
}

/// [`CallTimes`] in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TickTimes {
    pub(super) polled: u64,
    pub(super) scheduled: u64,
    pub(super) waiting: u64,
}

// === impl TimeSplit ===

impl TimeSplit {
    #[inline]
    pub(super) fn start(&self, now: u64) {
        self.edge.set(now);
    }

    /// Begins a poll, or ends the call: until now it was not polled. `woken` is when it was woken since the last poll
    /// began.
    #[inline]
    pub(super) fn enter(&self, now: u64, woken: Option<u64>) {
        let Self {
            edge,
            scheduled,
            waiting,
            ..
        } = self;
        // A call may be woken while it is polled, and on a processor that is a few ticks ahead.
        let waited_until = woken.map_or(now, |woken| woken.min(now).max(edge.get()));
        waiting.add(waited_until.saturating_sub(edge.get()));
        scheduled.add(now.saturating_sub(waited_until));
        edge.set(now);
    }

    /// Ends a poll. Returns how long it was.
    #[inline]
    pub(super) fn exit(&self, now: u64) -> u64 {
        let polled = now.saturating_sub(self.edge.get());
        self.polled.add(polled);
        self.edge.set(now);
        polled
    }

    /// Returns what was added since the last `take`.
    #[inline]
    pub(super) fn take(&self) -> TickTimes {
        TickTimes {
            polled: self.polled.take(),
            scheduled: self.scheduled.take(),
            waiting: self.waiting.take(),
        }
    }
}

// === impl TickTimes ===

impl TickTimes {
    pub(super) fn in_time(self, settings: &Settings) -> CallTimes {
        let Self {
            polled,
            scheduled,
            waiting,
        } = self;
        CallTimes {
            polled: settings.duration(polled),
            scheduled: settings.duration(scheduled),
            waiting: settings.duration(waiting),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(polled: u64, scheduled: u64, waiting: u64) -> TickTimes {
        TickTimes {
            polled,
            scheduled,
            waiting,
        }
    }

    #[test]
    fn time_between_polls_is_waiting_until_the_wake() {
        let split = TimeSplit::default();
        split.start(100);
        split.enter(100, None);
        assert_eq!(split.exit(130), 30);
        split.enter(200, Some(180));
        assert_eq!(split.exit(210), 10);
        split.enter(300, None);
        assert_eq!(split.take(), times(40, 20, 50 + 90));
        assert_eq!(split.take(), TickTimes::default());
    }

    #[test]
    fn wake_during_a_poll_counts_from_its_end() {
        let split = TimeSplit::default();
        split.start(100);
        split.enter(100, None);
        split.exit(130);
        split.enter(150, Some(110));
        assert_eq!(split.take(), times(30, 20, 0));
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_duration(
            start: u32,
            polls in prop::collection::vec((0..1_000_u64, 0..1_000_u64, prop::option::of(0..4_000_u64)), 0..20),
            rest in 0..1_000_u64,
        ) {
            let start = u64::from(start) + 1_000;
            let mut now = start;
            let split = TimeSplit::default();
            split.start(now);
            for (gap, length, woken) in polls {
                now += gap;
                // Also before the last poll, and after now.
                split.enter(now, woken.map(|woken| now + 1_000 - woken));
                now += length;
                prop_assert_eq!(split.exit(now), length);
            }
            now += rest;
            split.enter(now, None);
            let TickTimes { polled, scheduled, waiting } = split.take();
            prop_assert_eq!(polled + scheduled + waiting, now - start);
        }
    }
}
