//! The status of a check, as probes read it: without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Status;

/// The status of a check and when it becomes stale, in one word: `valid_until:62 | status:2`, in
/// nanoseconds since the health state was built (146 years fit).
///
/// A probe of 100 checks reads 100 words; a lock for each costs six times as much. The word is written
/// under the lock of the check and has all that a probe needs, so no other memory is ordered by it.
#[derive(Debug)]
pub(super) struct PublishedStatus(AtomicU64);

/// A time since the health state was built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age(u64);

const STATUS_BITS: u32 = 2;

// === impl PublishedStatus ===

impl PublishedStatus {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(bits(Status::Unknown)))
    }

    /// Publishes a status that becomes `Unknown` after `valid_until`.
    pub(super) fn set(&self, status: Status, valid_until: Age) {
        let word = valid_until.0 << STATUS_BITS | bits(status);
        self.0.store(word, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn at(&self, now: Age) -> Status {
        let word = self.0.load(Ordering::Relaxed);
        if now.0 > word >> STATUS_BITS {
            return Status::Unknown;
        }
        match word & ((1 << STATUS_BITS) - 1) {
            0 => Status::Up,
            1 => Status::Degraded,
            2 => Status::Down,
            _ => Status::Unknown,
        }
    }
}

const fn bits(status: Status) -> u64 {
    match status {
        Status::Up => 0,
        Status::Degraded => 1,
        Status::Down => 2,
        Status::Unknown => 3,
    }
}

// === impl Age ===

impl Age {
    #[inline]
    pub(crate) fn new(built: Instant, now: Instant) -> Self {
        Self::from(now.saturating_duration_since(built))
    }
}

impl From<Duration> for Age {
    #[inline]
    fn from(age: Duration) -> Self {
        let nanos = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
        Self(nanos.min(u64::MAX >> STATUS_BITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_valid_up_to_its_last_nanosecond() {
        let published = PublishedStatus::new();
        let at = |nanos| Age::from(Duration::from_nanos(nanos));
        assert_eq!(published.at(at(0)), Status::Unknown);
        for status in [Status::Up, Status::Degraded, Status::Down] {
            published.set(status, at(7));
            assert_eq!(published.at(at(7)), status);
            assert_eq!(published.at(at(8)), Status::Unknown);
        }
        published.set(Status::Up, Age::from(Duration::MAX));
        assert_eq!(published.at(Age::from(Duration::MAX)), Status::Up);
    }
}
