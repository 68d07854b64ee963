//! The one clock of a call, as a value.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where a driver reads the time: the system's monotonic clock, or one that a test moves by hand.
///
/// A value and not a type parameter, so that a layer's type does not grow a name for its tests.
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

/// The hand that moves a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct MockClock(Arc<ManualState>);

#[derive(Debug)]
struct ManualState {
    origin: Instant,
    nanos: AtomicU64,
}

// === impl Clock ===

impl Clock {
    /// The system's monotonic clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until its hand is moved.
    pub fn manual() -> (Self, MockClock) {
        let hand = Arc::new(ManualState {
            origin: system_now(),
            nanos: AtomicU64::new(0),
        });
        (Self(Some(hand.clone())), MockClock(hand))
    }

    /// The time by this clock.
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
    /// Moves the clock forward.
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
