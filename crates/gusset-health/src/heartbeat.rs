//! Signs of life from within: the only thing that liveness is made of.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gusset_core::Clock;

/// A sign of life that a loop of the service's own gives: without one for longer than the deadline,
/// the process is taken for stuck, `/livez` fails, and whoever watches restarts it.
///
/// The deadline is generous on purpose: a restart takes away capacity, and does so when it is
/// missed most. Nothing outside of the process belongs here, and nothing else is accepted.
///
/// The first beat arms it. A loop that ends for good says so by [`retire`](Self::retire).
///
/// ```
/// use std::time::Duration;
/// use gusset_health::{Health, Heartbeat};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let consumer = Heartbeat::new("consumer", Duration::from_secs(60));
/// let health = Health::builder().live(consumer.clone()).build()?;
///
/// // In the loop:
/// consumer.beat();
/// assert!(health.is_live());
/// assert!(consumer.age().is_some());
///
/// consumer.retire();
/// assert_eq!(consumer.age(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Heartbeat(Arc<Beat>);

#[derive(Debug)]
struct Beat {
    name: Cow<'static, str>,
    deadline: Duration,
    clock: Clock,
    origin: Instant,
    /// Nanoseconds since the origin, plus one; zero while it is not armed.
    last: AtomicU64,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// A heartbeat of that name. Name and deadline are checked where it is put to use.
    pub fn new(name: impl Into<Cow<'static, str>>, deadline: Duration) -> Self {
        Self::by(name.into(), deadline, Clock::system())
    }

    /// Reads the time there. A new heartbeat: what was cloned before is another.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self::by(self.0.name.clone(), self.0.deadline, clock)
    }

    pub(crate) fn by(name: Cow<'static, str>, deadline: Duration, clock: Clock) -> Self {
        Self(Arc::new(Beat {
            name,
            deadline,
            origin: clock.now(),
            clock,
            last: AtomicU64::new(0),
        }))
    }

    /// The loop is alive. Costs a read of the clock and a store.
    pub fn beat(&self) {
        let Beat {
            clock,
            origin,
            last,
            ..
        } = &*self.0;
        let since = clock.now().saturating_duration_since(*origin).as_nanos();
        last.store(since as u64 + 1, Ordering::Relaxed);
    }

    /// The loop has ended as it should: its silence says nothing from now on.
    pub fn retire(&self) {
        self.0.last.store(0, Ordering::Relaxed);
    }

    /// How long ago the last beat was; `None` before the first, and after the end.
    pub fn age(&self) -> Option<Duration> {
        let last = self.0.last.load(Ordering::Relaxed).checked_sub(1)?;
        let beat = self.0.origin + Duration::from_nanos(last);
        Some(self.0.clock.now().saturating_duration_since(beat))
    }

    /// The name.
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
