//! Heartbeats: the only input of liveness.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gusset_core::Clock;

/// The interval at which the main runtime beats.
pub(crate) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// A sign of life from a loop in the service.
///
/// If a loop does not call [`beat`](Self::beat) within the deadline, `/livez` fails and the platform
/// restarts the process. Choose a long deadline: a restart removes capacity, usually when load is
/// high. Do not beat depending on anything outside of the process.
///
/// The deadline applies after the first beat. Call [`stop`](Self::stop) when the loop ends normally.
///
/// ```
/// use std::time::Duration;
/// use gusset_health::{Health, Heartbeat};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let consumer = Heartbeat::new("consumer", Duration::from_secs(60));
/// let health = Health::builder().heartbeat(consumer.clone()).build()?;
///
/// // In the loop:
/// consumer.beat();
/// assert!(health.is_live());
/// assert!(consumer.age().is_some());
///
/// consumer.stop();
/// assert_eq!(consumer.age(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeat(Arc<HeartbeatState>);

#[derive(Debug)]
struct HeartbeatState {
    name: Cow<'static, str>,
    deadline: Duration,
    clock: Clock,
    origin: Instant,
    /// Nanoseconds from the origin to the last beat, plus one. Zero before the first beat and after
    /// `stop`.
    last: AtomicU64,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// Creates a heartbeat. [`HealthBuilder::build`](crate::HealthBuilder::build) validates the name
    /// and the deadline.
    pub fn new(name: impl Into<Cow<'static, str>>, deadline: Duration) -> Self {
        Self::from_parts(name.into(), deadline, Clock::system())
    }

    /// Replaces the clock. Returns a new heartbeat, which shares no state with earlier clones.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self::from_parts(self.0.name.clone(), self.0.deadline, clock)
    }

    pub(crate) fn from_parts(name: Cow<'static, str>, deadline: Duration, clock: Clock) -> Self {
        Self(Arc::new(HeartbeatState {
            name,
            deadline,
            origin: clock.now(),
            clock,
            last: AtomicU64::new(0),
        }))
    }

    /// Records a sign of life. Costs one read of the clock and one atomic store.
    pub fn beat(&self) {
        let HeartbeatState {
            clock,
            origin,
            last,
            ..
        } = &*self.0;
        let elapsed = clock.now().saturating_duration_since(*origin).as_nanos();
        // Relaxed: the value stands alone and publishes no other memory.
        last.store(elapsed as u64 + 1, Ordering::Relaxed);
    }

    /// Stops the heartbeat: the deadline no longer applies until the next beat.
    pub fn stop(&self) {
        self.0.last.store(0, Ordering::Relaxed);
    }

    /// Returns the time since the last beat. Returns `None` before the first beat and after
    /// [`stop`](Self::stop).
    pub fn age(&self) -> Option<Duration> {
        let last = self.0.last.load(Ordering::Relaxed).checked_sub(1)?;
        let beat = self.0.origin + Duration::from_nanos(last);
        Some(self.0.clock.now().saturating_duration_since(beat))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.0.deadline
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.age().is_none_or(|age| age <= self.0.deadline)
    }
}
