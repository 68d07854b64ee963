//! The clock of a monitor, as numbers.

use std::sync::OnceLock;
use std::time::Instant;

use gusset_core::Clock;

/// A clock that is read at both edges of each poll.
///
/// It counts ticks of the processor's counter where the kernel keeps its own time by it, because a reading takes a tenth
/// of the instructions of one of the system's clock and its difference to another. Elsewhere a tick is a nanosecond. No
/// reading is zero.
#[derive(Clone, Debug)]
pub(super) enum Ticks {
    Counter(&'static quanta::Clock),
    Clock { clock: Clock, origin: Instant },
}

// === impl Ticks ===

impl Ticks {
    /// Returns the cheapest clock that is truthful here.
    pub(super) fn system() -> Self {
        static COUNTER: OnceLock<Option<quanta::Clock>> = OnceLock::new();
        match COUNTER.get_or_init(|| is_counter_trusted().then(quanta::Clock::new)) {
            Some(counter) => Self::Counter(counter),
            None => Self::of_clock(Clock::system()),
        }
    }

    pub(super) fn of_clock(clock: Clock) -> Self {
        let origin = clock.now();
        Self::Clock { clock, origin }
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        match self {
            Self::Counter(counter) => counter.raw(),
            Self::Clock { clock, origin } => {
                let since = clock.now().saturating_duration_since(*origin);
                // 584 years fit.
                since.as_nanos() as u64 + 1
            }
        }
    }

    /// Returns nanoseconds as ticks.
    pub(super) fn ticks_of(&self, nanos: u64) -> u64 {
        const TICKS: u64 = 1 << 40;
        let ticks = u128::from(nanos) * u128::from(TICKS) / u128::from(self.nanos_of(TICKS).max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// Returns ticks as nanoseconds.
    pub(super) fn nanos_of(&self, ticks: u64) -> u64 {
        match self {
            Self::Counter(counter) => counter.delta_as_nanos(0, ticks),
            Self::Clock { .. } => ticks,
        }
    }
}

/// Returns whether the kernel keeps time by the counter of the processor. It stops to if the counters of the processors
/// drift apart.
#[cfg(target_os = "linux")]
fn is_counter_trusted() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = std::fs::read_to_string(SOURCE).unwrap_or_default();
    matches!(source.trim_end(), "tsc" | "arch_sys_counter")
}

/// Returns true: the clock of other systems is the counter, and `quanta` checks that its rate does not change.
#[cfg(not(target_os = "linux"))]
fn is_counter_trusted() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ticks_of_the_system_are_its_time() {
        let (ticks, clock) = (Ticks::system(), Clock::system());
        let (first, before) = (ticks.now(), clock.now());
        let end = before + Duration::from_millis(20);
        while clock.now() < end {}
        let (after, last) = (clock.now(), ticks.now());
        let inside = after - before;
        let outside = Duration::from_nanos(ticks.nanos_of(last - first));
        // The counter was read outside of the clock, and a calibration is not exact.
        assert!(outside.as_secs_f64() > 0.999 * inside.as_secs_f64());
        assert_ne!(first, 0);
    }

    #[test]
    fn nanoseconds_return_from_ticks() {
        let (clock, _) = Clock::manual();
        for ticks in [Ticks::system(), Ticks::of_clock(clock)] {
            for nanos in [0, 1_000_000, 100_000_000, u64::from(u32::MAX)] {
                let returned = ticks.nanos_of(ticks.ticks_of(nanos));
                assert!(returned.abs_diff(nanos) < 10, "{nanos} {returned}");
            }
        }
    }
}
