//! Distinct keys in a window that slides.

use crate::sketch::HyperLogLog;
use crate::time::{SUB_WINDOWS, Tick, Window};

/// A sketch for each sub-window, of which one is in progress.
pub(super) struct Sliding {
    window: Window,
    /// The sketches, each with the number of its sub-window. That one is at its number modulo their count.
    sketches: Vec<(Option<u64>, HyperLogLog)>,
}

// === impl Sliding ===

impl Sliding {
    pub(super) fn new(window: Window) -> Self {
        let empty = || (None, HyperLogLog::new());
        let count = SUB_WINDOWS + 1;
        Self {
            window,
            sketches: (0..count).map(|_| empty()).collect(),
        }
    }

    pub(super) fn insert(&mut self, hash: u64, tick: Tick) {
        let number = self.window.sub_window(tick);
        let place = number % self.sketches.len() as u64;
        #[expect(clippy::cast_possible_truncation, reason = "below the length")]
        let (of, sketch) = &mut self.sketches[place as usize];
        match *of {
            Some(of) if of == number => {}
            // A thread with an earlier reading of the clock, a whole window late.
            Some(of) if of > number => return,
            _ => sketch.clear(),
        }
        *of = Some(number);
        sketch.insert(hash);
    }

    /// Returns the sketch of all keys of the window.
    pub(super) fn merged(&self, tick: Tick) -> HyperLogLog {
        let now = self.window.sub_window(tick);
        let mut merged = HyperLogLog::new();
        for (of, sketch) in &self.sketches {
            if of.is_some_and(|of| of + SUB_WINDOWS >= now) {
                merged.merge(sketch);
            }
        }
        merged
    }

    pub(super) fn clear(&mut self) {
        for (of, sketch) in &mut self.sketches {
            *of = None;
            sketch.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a hash in a register of its own.
    fn hash(number: u64) -> u64 {
        number << 50
    }

    #[test]
    fn keys_leave_the_window_with_their_sub_window() {
        let mut hour = Sliding::new(Window::Hour);
        for tick in 0..40 {
            hour.insert(hash(tick), Tick(tick));
            hour.insert(hash(1000), Tick(tick));
            let expected = tick.min(12) + 1 + 1;
            assert_eq!(hour.merged(Tick(tick)).estimate(), expected, "{tick}");
        }
        assert_eq!(hour.merged(Tick(45)).estimate(), 7 + 1);
        assert_eq!(hour.merged(Tick(51)).estimate(), 1 + 1);
        assert_eq!(hour.merged(Tick(52)).estimate(), 0);
        hour.insert(hash(1), Tick(1000));
        assert_eq!(
            hour.merged(Tick(1000)).estimate(),
            1,
            "old ones were cleared"
        );
    }

    #[test]
    fn key_of_a_late_thread_is_not_in_a_newer_sub_window() {
        let mut hour = Sliding::new(Window::Hour);
        hour.insert(hash(1), Tick(20));
        hour.insert(hash(2), Tick(7));
        assert_eq!(hour.merged(Tick(20)).estimate(), 1);
    }

    #[test]
    fn day_has_sub_windows_of_two_hours() {
        let mut day = Sliding::new(Window::Day);
        day.insert(hash(1), Tick(0));
        day.insert(hash(2), Tick(24));
        assert_eq!(day.merged(Tick(12 * 24 + 23)).estimate(), 2);
        assert_eq!(day.merged(Tick(13 * 24)).estimate(), 1);
    }
}
