//! The rate limit of one callsite.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gusset_core::RateLimiter;

/// Limits the log entries of one callsite and counts those that it suppresses.
pub(crate) struct CallsiteLimiter {
    limiter: RateLimiter,
    suppressed: AtomicU64,
}

// === impl CallsiteLimiter ===

impl CallsiteLimiter {
    pub(crate) const fn new(entries_per_second: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::per_second(entries_per_second),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Returns the number of entries suppressed since the last admitted one, or `None` if the entry
    /// at `now` is suppressed too.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        if self.limiter.try_acquire(now) {
            // The load keeps the cache line shared while nothing is suppressed.
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
    use std::time::Duration;

    use gusset_core::Clock;

    use super::*;

    #[test]
    fn next_admitted_entry_reports_suppressed_ones() {
        let limiter = CallsiteLimiter::new(NonZeroU32::new(2).unwrap());
        let first = Clock::system().now();
        assert_eq!(limiter.admit(first), Some(0));
        assert_eq!(limiter.admit(first), Some(0));
        assert_eq!(limiter.admit(first), None);
        assert_eq!(limiter.admit(first), None);
        let second = first + Duration::from_secs(1);
        assert_eq!(limiter.admit(second), Some(2));
        assert_eq!(limiter.admit(second), Some(0));
    }
}
