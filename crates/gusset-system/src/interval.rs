//! What was added to counters between two snapshots.

use std::time::Duration;

use crate::{CpuTimes, Snapshot};

/// The time between two snapshots, and what was added in it.
///
/// Every difference of counters is made here, so that decreases are treated alike:
///
/// - A counter of 32 bits that went over its end has wrapped: the difference goes over the end too.
/// - Any other decrease is a reset, for example of an interface that was removed and added. What was added is
///   then unknown: `None`, and not the new value, which may have taken longer than the interval.
///
/// ```
/// use std::time::Duration;
/// use gusset_system::{Interval, Snapshot};
///
/// let (previous, mut now) = (Snapshot::default(), Snapshot::default());
/// now.time = Duration::from_secs(10);
/// let interval = Interval::between(&previous, &now).expect("longer than a second");
///
/// assert_eq!(interval.rate(Some(100), Some(150)), Some(5.0));
/// assert_eq!(interval.increase(Some(u64::from(u32::MAX)), Some(4)), Some(5), "wrapped");
/// assert_eq!(interval.increase(Some(150), Some(100)), None, "reset");
/// assert_eq!(interval.increase(None, Some(100)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    duration: Duration,
}

/// The shortest interval: counters of the kernel have steps of 10 ms and more.
const MIN_DURATION: Duration = Duration::from_secs(1);

/// The number of values of a counter of 32 bits, which kernels of 32 bits have for networks and disks.
const VALUES_OF_32_BITS: u64 = 1 << 32;

// === impl Interval ===

impl Interval {
    /// Returns the interval between two snapshots. `None` if it is shorter than a second.
    pub fn between(previous: &Snapshot, now: &Snapshot) -> Option<Self> {
        let duration = now.time.checked_sub(previous.time)?;
        (duration >= MIN_DURATION).then_some(Self { duration })
    }

    /// Returns the length of the interval.
    pub fn duration(self) -> Duration {
        self.duration
    }

    /// Returns what was added to a counter.
    pub fn increase(self, previous: Option<u64>, now: Option<u64>) -> Option<u64> {
        let (previous, now) = (previous?, now?);
        if let Some(increase) = now.checked_sub(previous) {
            return Some(increase);
        }
        let to_the_end = VALUES_OF_32_BITS.checked_sub(previous)?;
        let increase = to_the_end + now;
        // A counter that wrapped has passed less than half of its values; one that was reset most of them.
        (increase < VALUES_OF_32_BITS / 2).then_some(increase)
    }

    /// Returns what was added to a counter, per second.
    #[expect(clippy::cast_precision_loss, reason = "rates are not exact")]
    pub fn rate(self, previous: Option<u64>, now: Option<u64>) -> Option<f64> {
        let increase = self.increase(previous, now)?;
        Some(increase as f64 / self.duration.as_secs_f64())
    }

    /// Returns what was added to a sum of time. `None` if it decreased.
    pub fn time(self, previous: Option<Duration>, now: Option<Duration>) -> Option<Duration> {
        now?.checked_sub(previous?)
    }

    /// Returns what was added to a sum of time, divided by the interval: 1 is one CPU or one worker all the time.
    pub fn share(self, previous: Option<Duration>, now: Option<Duration>) -> Option<f64> {
        let added = self.time(previous, now)?;
        Some(added.as_secs_f64() / self.duration.as_secs_f64())
    }

    /// Returns what was added to the time of each mode of the host's CPUs.
    ///
    /// A mode that decreased has 0: the kernel does not keep `idle` and `iowait` monotonic.
    pub fn cpu_times(self, previous: &CpuTimes, now: &CpuTimes) -> CpuTimes {
        let added = |previous: Option<Duration>, now: Option<Duration>| {
            Some(now?.saturating_sub(previous?))
        };
        CpuTimes {
            user: added(previous.user, now.user),
            nice: added(previous.nice, now.nice),
            system: added(previous.system, now.system),
            idle: added(previous.idle, now.idle),
            iowait: added(previous.iowait, now.iowait),
            irq: added(previous.irq, now.irq),
            softirq: added(previous.softirq, now.softirq),
            steal: added(previous.steal, now.steal),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ten_seconds() -> Interval {
        Interval {
            duration: Duration::from_secs(10),
        }
    }

    fn at(millis: u64) -> Snapshot {
        Snapshot {
            time: Duration::from_millis(millis),
            ..Snapshot::default()
        }
    }

    #[test]
    fn interval_below_a_second_is_none() {
        assert_eq!(Interval::between(&at(0), &at(999)), None);
        assert!(Interval::between(&at(0), &at(1000)).is_some());
        assert_eq!(Interval::between(&at(2000), &at(0)), None, "in wrong order");
    }

    #[test]
    fn decreased_mode_adds_nothing() {
        let with_iowait = |seconds| CpuTimes {
            iowait: Some(Duration::from_secs(seconds)),
            ..CpuTimes::default()
        };
        let added = ten_seconds().cpu_times(&with_iowait(7), &with_iowait(5));
        assert_eq!(added, with_iowait(0));
    }

    #[test]
    fn decreased_time_is_unknown() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(ten_seconds().time(seconds(7), seconds(5)), None);
        assert_eq!(ten_seconds().share(seconds(5), seconds(10)), Some(0.5));
    }

    proptest! {
        #[test]
        fn counter_of_32_bits_wraps(start: u32, added in 0..u32::MAX / 2) {
            let now = start.wrapping_add(added);
            let increase = ten_seconds().increase(Some(start.into()), Some(now.into()));
            prop_assert_eq!(increase, Some(added.into()));
        }

        #[test]
        fn counter_of_64_bits_does_not_wrap(start in VALUES_OF_32_BITS.., lost in 1..VALUES_OF_32_BITS) {
            let now = start - lost;
            prop_assert_eq!(ten_seconds().increase(Some(start), Some(now)), None);
        }

        #[test]
        fn increase_never_panics(previous: Option<u64>, now: Option<u64>) {
            let increase = ten_seconds().increase(previous, now);
            prop_assert!(increase.is_none() || previous.is_some() && now.is_some());
        }
    }
}
