//! The secrets, and what was counted with each of them.

use super::secret::Secret;
use super::sliding::Sliding;
use crate::sketch::{BloomFilter, HyperLogLog};
use crate::time::{Tick, Window};

/// Two secrets, of which the older is replaced each day.
///
/// Keys that are hashed with two secrets cannot be compared, so a window has to be counted with one. Every visitor is
/// counted with both. The older secret is at least a day old, so it knows the whole day; no secret is used for more
/// than two days.
pub(super) struct Epochs {
    epochs: [Epoch; 2],
    /// The day of the last rotation.
    day: u64,
}

/// What was counted with one secret.
struct Epoch {
    secret: Secret,
    hour: Sliding,
    day: Sliding,
    seen: BloomFilter,
}

// === impl Epochs ===

impl Epochs {
    pub(super) fn new() -> Self {
        Self {
            epochs: [Epoch::new(), Epoch::new()],
            day: 0,
        }
    }

    /// Replaces the secrets that are too old.
    pub(super) fn rotate(&mut self, day: u64) {
        if day <= self.day {
            return;
        }
        if day > self.day + 1 {
            self.epochs[younger(day - 1)].renew();
        }
        self.epochs[younger(day)].renew();
        self.day = day;
    }

    /// Counts a visitor. Returns whether it is new: it was not here since the older secret is used.
    pub(super) fn insert(&mut self, key: &[u8], tick: Tick) -> bool {
        let older = 1 - younger(self.day);
        let is_new = self.epochs.each_mut().map(|epoch| epoch.insert(key, tick));
        is_new[older]
    }

    /// Returns the sketch of all visitors of a window.
    pub(super) fn merged(&self, window: Window, tick: Tick) -> HyperLogLog {
        self.older().window(window).merged(tick)
    }

    /// Returns the share of new visitors that are taken for known ones.
    pub(super) fn false_positives(&self) -> f64 {
        self.older().seen.false_positives()
    }

    fn older(&self) -> &Epoch {
        &self.epochs[1 - younger(self.day)]
    }
}

/// Returns which of the two was renewed at the start of a day.
fn younger(day: u64) -> usize {
    usize::from(day % 2 == 1)
}

// === impl Epoch ===

impl Epoch {
    fn new() -> Self {
        Self {
            secret: Secret::random(),
            hour: Sliding::new(Window::Hour),
            day: Sliding::new(Window::Day),
            seen: BloomFilter::new(),
        }
    }

    fn renew(&mut self) {
        let Self {
            secret,
            hour,
            day,
            seen,
        } = self;
        *secret = Secret::random();
        hour.clear();
        day.clear();
        seen.clear();
    }

    /// Counts a key. Returns whether it is new.
    fn insert(&mut self, key: &[u8], tick: Tick) -> bool {
        let hash = self.secret.hash(key);
        self.hour.insert(hash, tick);
        self.day.insert(hash, tick);
        self.seen.insert(hash)
    }

    fn window(&self, window: Window) -> &Sliding {
        match window {
            Window::Hour => &self.hour,
            Window::Day => &self.day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKS_OF_DAY: u64 = 288;

    fn at(day: u64) -> Tick {
        Tick(day * TICKS_OF_DAY)
    }

    #[test]
    fn secret_is_used_for_two_days_at_most() {
        let mut epochs = Epochs::new();
        let hashes = |epochs: &Epochs| [0, 1].map(|at| epochs.epochs[at].secret.hash(b"192.0.2.7"));
        let mut known = vec![hashes(&epochs)];
        for day in 1..6 {
            epochs.rotate(day);
            known.push(hashes(&epochs));
        }
        for (day, pair) in known.windows(2).enumerate() {
            let kept = (0..2).filter(|at| pair[0][*at] == pair[1][*at]).count();
            assert_eq!(kept, 1, "one of the two is replaced after day {day}");
        }
        for pair in known.windows(3) {
            assert!((0..2).all(|at| pair[0][at] != pair[2][at]));
        }
    }

    #[test]
    fn days_without_calls_replace_both_secrets() {
        let mut epochs = Epochs::new();
        assert!(epochs.insert(b"ada", at(0)));
        epochs.rotate(2);
        assert!(epochs.insert(b"ada", at(2)), "no visitor is known any more");
        epochs.rotate(1);
        assert!(!epochs.insert(b"ada", at(2)), "time does not go back");
    }

    #[test]
    fn visitor_is_returning_over_one_rotation() {
        let mut epochs = Epochs::new();
        epochs.insert(b"ada", at(0));
        epochs.rotate(1);
        assert!(!epochs.insert(b"ada", at(1)));
        assert!(epochs.insert(b"bob", at(1)));
        epochs.rotate(2);
        assert!(!epochs.insert(b"bob", at(2)), "one day old");
        epochs.rotate(3);
        epochs.rotate(4);
        assert!(epochs.insert(b"bob", at(4)), "followed no longer");
    }

    #[test]
    fn day_is_whole_after_a_rotation() {
        let mut epochs = Epochs::new();
        let visitors: Vec<_> = (0..5_u8).map(|number| [number]).collect();
        for (number, visitor) in visitors.iter().enumerate() {
            epochs.insert(visitor, Tick(TICKS_OF_DAY - 30 * (number as u64 + 1)));
        }
        epochs.rotate(1);
        epochs.insert(&visitors[0], at(1));
        let (day, hour) = (
            epochs.merged(Window::Day, at(1)),
            epochs.merged(Window::Hour, at(1)),
        );
        // Two of five may share a register.
        assert!((4..=5).contains(&day.estimate()), "all of the day");
        assert_eq!(hour.estimate(), 1);
    }
}
