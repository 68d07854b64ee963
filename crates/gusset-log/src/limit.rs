//! So many lines a second of one place, and no more.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted of the lines of one place.
#[derive(Debug, Default)]
pub(crate) struct Site {
    /// The second, and in the lower bits how many lines it has had.
    window: AtomicU64,
    suppressed: AtomicU64,
}

const COUNT_BITS: u32 = 24;

// === impl Site ===

impl Site {
    /// Whether a line may be written in that second: then, how many were not, since the last one was.
    pub(crate) fn admit(&self, second: u64, most: u32) -> Option<u64> {
        let most = u64::from(most).min((1 << COUNT_BITS) - 2);
        let counted = self
            .window
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |window| {
                let (of, count) = (window >> COUNT_BITS, window & ((1 << COUNT_BITS) - 1));
                // A clock that was put back begins a new second too.
                let count = if of == second { count } else { 0 };
                (count < most).then_some((second << COUNT_BITS) | (count + 1))
            });
        if counted.is_ok() {
            return Some(match self.suppressed.load(Ordering::Relaxed) {
                0 => 0,
                _ => self.suppressed.swap(0, Ordering::Relaxed),
            });
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_suppressed_is_told_by_the_next_line() {
        let site = Site::default();
        assert_eq!(site.admit(7, 2), Some(0));
        assert_eq!(site.admit(7, 2), Some(0));
        assert_eq!(site.admit(7, 2), None);
        assert_eq!(site.admit(7, 2), None);
        assert_eq!(site.admit(8, 2), Some(2));
        assert_eq!(site.admit(8, 2), Some(0));
    }
}
