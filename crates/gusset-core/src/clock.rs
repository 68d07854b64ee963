//! The clock of a call, as a value.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The clock that a driver reads: the monotonic clock of the system, or one that a test advances.
///
/// It is a value and not a type parameter, so that tests do not change the type of a layer.
///
/// ```
/// use gusset_core::Clock;
/// use std::time::Duration;
///
/// let (clock, hand) = Clock::manual();
/// let before = clock.now();
/// hand.advance(Duration::from_secs(3));
/// assert_eq!(clock.now() - before, Duration::from_secs(3));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<ManualState>>);

/// The control of a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct MockClock(Arc<ManualState>);

#[derive(Debug)]
struct ManualState {
    origin: Instant,
    nanos: AtomicU64,
}

// === impl Clock ===

impl Clock {
    /// Returns the monotonic clock of the system.
    pub const fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands still, and the control that advances it.
    pub fn manual() -> (Self, MockClock) {
        let hand = Arc::new(ManualState {
            origin: system_now(),
            nanos: AtomicU64::new(0),
        });
        (Self(Some(hand.clone())), MockClock(hand))
    }

    /// Returns whether this is the clock of the system.
    #[inline]
    pub(crate) fn is_system(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the current time of this clock.
    #[inline]
    pub fn now(&self) -> Instant {
        match &self.0 {
            None => system_now(),
            Some(hand) => hand.origin + Duration::from_nanos(hand.nanos.load(Ordering::Relaxed)),
        }
    }
}

// === impl MockClock ===

impl MockClock {
    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
#[inline]
fn system_now() -> Instant {
    Instant::now()
}
