//! When a check runs next. Pure: its chance is a seed.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// How much earlier or later than its interval a run may come.
const JITTER: f64 = 0.1;

/// When a check runs: at a random phase first, then every interval with jitter, less often while down.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    /// The longest wait while down.
    longest: Duration,
    /// The first run comes within this.
    spread: Duration,
    /// The wait before jitter.
    wait: Duration,
    chance: u64,
}

// === impl Schedule ===

impl Schedule {
    pub(crate) fn new(interval: Duration, longest: Duration, spread: Duration) -> Self {
        let chance = RandomState::new().hash_one("gusset-health");
        Self::seeded(interval, longest, spread, chance)
    }

    fn seeded(interval: Duration, longest: Duration, spread: Duration, chance: u64) -> Self {
        Self {
            interval,
            longest: longest.max(interval),
            spread,
            wait: interval,
            chance,
        }
    }

    /// The wait before the first run: checks of a hundred instances that start together do not run
    /// together.
    pub(crate) fn first(&mut self) -> Duration {
        self.spread.mul_f64(self.chance())
    }

    /// The wait before the next run. It doubles as long as the check is down and stays so.
    pub(crate) fn next(&mut self, backs_off: bool) -> Duration {
        self.wait = if backs_off {
            (self.wait * 2).min(self.longest)
        } else {
            self.interval
        };
        let jitter = 1.0 - JITTER + 2.0 * JITTER * self.chance();
        self.wait.mul_f64(jitter)
    }

    /// By how much the next run was put off, beyond the interval.
    pub(crate) fn put_off(&self) -> Duration {
        self.wait - self.interval
    }

    /// From 0 to 1 (splitmix64).
    fn chance(&mut self) -> f64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seeded(seed: u64) -> Schedule {
        Schedule::seeded(10 * SECOND, 60 * SECOND, 10 * SECOND, seed)
    }

    #[test]
    fn the_first_runs_are_spread_over_the_interval() {
        let mut tenths = [0; 10];
        for seed in 0..1000 {
            let first = seeded(seed).first();
            tenths[usize::try_from(first.as_secs()).unwrap()] += 1;
        }
        assert!(
            tenths.iter().all(|runs| (50..200).contains(runs)),
            "{tenths:?}"
        );
    }

    #[test]
    fn an_interval_is_ten_percent_longer_or_shorter() {
        let mut schedule = seeded(7);
        let waits: Vec<_> = (0..1000).map(|_| schedule.next(false)).collect();
        assert!(
            waits
                .iter()
                .all(|wait| (9 * SECOND..=11 * SECOND).contains(wait))
        );
        assert!(waits.iter().any(|wait| *wait < 19 * SECOND / 2));
        assert!(waits.iter().any(|wait| *wait > 21 * SECOND / 2));
    }

    #[test]
    fn while_down_the_wait_doubles_to_a_minute_and_one_success_ends_it() {
        let mut schedule = seeded(7);
        let mut wait = |down| {
            schedule.next(down);
            schedule.wait.as_secs()
        };
        let waits = [true, true, true, true, false, true].map(&mut wait);
        assert_eq!(waits, [20, 40, 60, 60, 10, 20]);
    }

    #[test]
    fn chance_differs_from_process_to_process() {
        let schedule = || Schedule::new(SECOND, SECOND, SECOND).chance;
        assert_ne!(schedule(), schedule());
    }
}
