//! A bound on events per second.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Admits at most a given number of events per second: a bucket that holds the events of one second
/// and refills evenly.
///
/// The state is one word, changed by compare-and-swap. It is the generic cell rate algorithm (ITU-T
/// I.371): the word is the time at which the bucket is full again. The time is an argument.
///
/// ```
/// use gusset_core::{Clock, RateLimiter};
/// use std::num::NonZeroU32;
/// use std::time::Duration;
///
/// let limiter = RateLimiter::per_second(NonZeroU32::MIN);
/// let now = Clock::system().now();
/// assert!(limiter.try_acquire(now));
/// assert!(!limiter.try_acquire(now));
/// assert!(limiter.try_acquire(now + Duration::from_secs(1)));
/// ```
#[derive(Debug)]
pub struct RateLimiter {
    /// Nanoseconds between two events.
    interval: u64,
    origin: OnceLock<Instant>,
    /// The time at which the bucket is full again, in nanoseconds since `origin`.
    full_at: AtomicU64,
}

const SECOND: u64 = 1_000_000_000;

// === impl RateLimiter ===

impl RateLimiter {
    /// Creates a limiter for this many events per second.
    pub const fn per_second(events: NonZeroU32) -> Self {
        Self {
            interval: SECOND / events.get() as u64,
            origin: OnceLock::new(),
            full_at: AtomicU64::new(0),
        }
    }

    /// Returns whether an event at `now` is admitted, and counts it if it is.
    pub fn try_acquire(&self, now: Instant) -> bool {
        let origin = *self.origin.get_or_init(|| now);
        let now = now.saturating_duration_since(origin).as_nanos();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let next = |full_at: u64| {
            let next = full_at.max(now).saturating_add(self.interval);
            (next <= now.saturating_add(SECOND)).then_some(next)
        };
        // Relaxed: the word guards nothing but itself.
        self.full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }
}
