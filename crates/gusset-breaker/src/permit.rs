//! A permit for a call without a layer.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sharded_arc::ArcShard;
use crate::{CallReport, CallResult};

/// The permit of a call that is made without a layer. Consumed by the result.
///
/// A permit that is dropped without a result was cancelled: nothing is recorded, and a half-open
/// breaker gets the permit back. If a panic drops it, the call has failed. Prefer a layer for
/// services, because its driver observes the completion of a call more exactly.
///
/// ```
/// use gusset_breaker::{CallResult, CircuitBreaker};
///
/// let breaker = CircuitBreaker::builder("stock").build()?;
/// let permit = breaker.try_acquire()?;
/// permit.record(CallResult::Success);
/// assert_eq!(breaker.counts().calls, 1);
/// drop(breaker.try_acquire()?);
/// assert_eq!(breaker.counts().calls, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a permit that is dropped counts as a cancelled call"]
pub struct Permit {
    /// `None` after the result was recorded.
    shard: Option<Arc<ArcShard>>,
    generation: u32,
    /// `None` unless slow calls are measured, to save a clock read.
    started: Option<Instant>,
    /// Whether the thread was already panicking when the permit was created.
    panicking: bool,
}

// === impl Permit ===

impl Permit {
    pub(crate) fn new(shard: Arc<ArcShard>, generation: u32) -> Self {
        let core = &shard.core;
        let started = core.measures_slow_calls().then(|| core.clock.now());
        Self {
            shard: Some(shard),
            generation,
            started,
            panicking: std::thread::panicking(),
        }
    }

    /// Records the result. The call lasted from the creation of the permit until now.
    pub fn record(mut self, report: impl Into<CallReport>) {
        self.finish(report.into(), None);
    }

    /// Records the result of a call with this duration.
    ///
    /// ```
    /// use gusset_breaker::{CallResult, CircuitBreaker, Config};
    /// use std::time::Duration;
    ///
    /// let config = Config::new().slow_calls(Duration::from_secs(1), 0.5);
    /// let breaker = CircuitBreaker::builder("stock").config(config).build()?;
    /// let permit = breaker.try_acquire()?;
    /// permit.record_with_duration(CallResult::Success, Duration::from_secs(2));
    /// assert_eq!(breaker.counts().slow, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_with_duration(mut self, report: impl Into<CallReport>, duration: Duration) {
        self.finish(report.into(), Some(duration));
    }

    fn finish(&mut self, report: CallReport, duration: Option<Duration>) {
        let Some(shard) = self.shard.take() else {
            return;
        };
        let core = &shard.core;
        let duration = duration.or_else(|| {
            let started = self.started?;
            Some(core.clock.now().saturating_duration_since(started))
        });
        let slow = duration.is_some_and(|duration| {
            core.is_slow(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
        });
        core.record(self.generation, report, slow, || core.now());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.shard.is_some() {
            let panicked = !self.panicking && std::thread::panicking();
            let result = if panicked {
                CallResult::Failure
            } else {
                CallResult::Ignored
            };
            self.finish(result.into(), None);
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
