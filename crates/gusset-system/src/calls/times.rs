//! What a call did with its time, from the edges of its polls.

use std::time::Duration;

/// The time of a call, by what the call did in it. The two add up to its duration.
///
/// Polls are those of the observed service and of its body: what other tasks do on behalf of the call is waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTimes {
    /// The time in which the call was polled: its computing, and its blocking calls.
    pub polled: Duration,
    /// The rest: the call waited for the network, a timer, a lock or its client, or for a thread that polls it.
    pub waiting: Duration,
}

/// Divides the time of one call. Times are nanoseconds since an origin that is the caller's.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeSplit {
    /// The last edge of a poll, or the start of the call.
    edge: u64,
    nanos: Nanos,
}

/// [`CallTimes`] in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nanos {
    pub(super) polled: u64,
    pub(super) waiting: u64,
}

// === impl TimeSplit ===

impl TimeSplit {
    #[inline]
    pub(super) fn start(now: u64) -> Self {
        Self {
            edge: now,
            nanos: Nanos::default(),
        }
    }

    /// Begins a poll, or ends the call: until now it was not polled.
    #[inline]
    pub(super) fn enter(&mut self, now: u64) {
        self.nanos.waiting += now.saturating_sub(self.edge);
        self.edge = now;
    }

    /// Ends a poll. Returns how long it was.
    #[inline]
    pub(super) fn exit(&mut self, now: u64) -> u64 {
        let polled = now.saturating_sub(self.edge);
        self.nanos.polled += polled;
        self.edge = now;
        polled
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
            waiting: Duration::from_nanos(nanos.waiting),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn time_between_polls_is_waiting() {
        let mut split = TimeSplit::start(100);
        split.enter(100);
        assert_eq!(split.exit(130), 30);
        split.enter(200);
        assert_eq!(split.exit(210), 10);
        let expected = Nanos {
            polled: 40,
            waiting: 70,
        };
        assert_eq!(split.take(), expected);
        assert_eq!(split.take(), Nanos::default());
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_duration(
            start: u32,
            polls in prop::collection::vec((0..1_000_u64, 0..1_000_u64), 0..20),
            rest in 0..1_000_u64,
        ) {
            let start = u64::from(start);
            let mut now = start;
            let mut split = TimeSplit::start(now);
            for (gap, length) in polls {
                now += gap;
                split.enter(now);
                now += length;
                prop_assert_eq!(split.exit(now), length);
            }
            now += rest;
            split.enter(now);
            let Nanos { polled, waiting } = split.take();
            prop_assert_eq!(polled + waiting, now - start);
        }
    }
}
