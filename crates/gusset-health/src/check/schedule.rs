//! When a check runs next. Reads no clock.

use std::time::Duration;

use fastrand::Rng;

/// The largest relative deviation from the interval.
const JITTER_RATIO: f64 = 0.1;

/// Runs a check at a random time first, then at every interval with jitter, and less often while it
/// is down.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    /// The longest interval while down.
    max_interval: Duration,
    initial_jitter: Duration,
    /// The current interval, without jitter.
    current: Duration,
    random: Rng,
}

// === impl Schedule ===

impl Schedule {
    pub(super) fn new(
        interval: Duration,
        max_interval: Duration,
        initial_jitter: Duration,
    ) -> Self {
        Self::with_random(interval, max_interval, initial_jitter, Rng::new())
    }

    fn with_random(
        interval: Duration,
        max_interval: Duration,
        initial_jitter: Duration,
        random: Rng,
    ) -> Self {
        Self {
            interval,
            max_interval: max_interval.max(interval),
            initial_jitter,
            current: interval,
            random,
        }
    }

    /// Returns the wait before the first run. It is random, because many instances may start at the
    /// same time.
    pub(super) fn initial_wait(&mut self) -> Duration {
        self.initial_jitter.mul_f64(self.random.f64())
    }

    /// Returns the wait before the next run. It doubles with each run while the check is down.
    pub(super) fn next_wait(&mut self, is_down: bool) -> Duration {
        self.current = if is_down {
            (self.current * 2).min(self.max_interval)
        } else {
            self.interval
        };
        let jitter = 1.0 - JITTER_RATIO + 2.0 * JITTER_RATIO * self.random.f64();
        self.current.mul_f64(jitter)
    }

    /// Returns by how much the current interval exceeds the configured one.
    pub(super) fn backoff_delay(&self) -> Duration {
        self.current - self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seeded(seed: u64) -> Schedule {
        let random = Rng::with_seed(seed);
        Schedule::with_random(10 * SECOND, 60 * SECOND, 10 * SECOND, random)
    }

    #[test]
    fn first_runs_spread_over_the_interval() {
        let mut runs_per_second = [0; 10];
        for seed in 0..1000 {
            let first = seeded(seed).initial_wait();
            runs_per_second[usize::try_from(first.as_secs()).unwrap()] += 1;
        }
        assert!(
            runs_per_second.iter().all(|runs| (50..200).contains(runs)),
            "{runs_per_second:?}"
        );
    }

    #[test]
    fn interval_varies_by_ten_percent() {
        let mut schedule = seeded(7);
        let waits: Vec<_> = (0..1000).map(|_| schedule.next_wait(false)).collect();
        assert!(
            waits
                .iter()
                .all(|wait| (9 * SECOND..=11 * SECOND).contains(wait))
        );
        assert!(waits.iter().any(|wait| *wait < 19 * SECOND / 2));
        assert!(waits.iter().any(|wait| *wait > 21 * SECOND / 2));
    }

    #[test]
    fn interval_doubles_while_down_up_to_the_maximum() {
        let mut schedule = seeded(7);
        let mut interval = |is_down| {
            schedule.next_wait(is_down);
            schedule.current.as_secs()
        };
        let intervals = [true, true, true, true, false, true].map(&mut interval);
        assert_eq!(intervals, [20, 40, 60, 60, 10, 20]);
    }

    #[test]
    fn schedules_have_different_seeds() {
        let seed = || Schedule::new(SECOND, SECOND, SECOND).random.get_seed();
        assert_ne!(seed(), seed());
    }
}
