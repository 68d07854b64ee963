//! The counts of a window.

/// The calls that a breaker has counted.
///
/// Read without a lock. Results that other threads record at the same moment may be missing.
/// Results of the same thread are always included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Calls in the window, or completed calls of a half-open breaker.
    pub calls: u64,
    /// Failed calls.
    pub failures: u64,
    /// Slow calls, failed or not.
    pub slow: u64,
}

// === impl Counts ===

impl Counts {
    /// Returns the ratio of failed calls, or `None` without calls.
    ///
    /// ```
    /// use gusset_breaker::{CallResult, CircuitBreaker};
    ///
    /// let breaker = CircuitBreaker::builder("stock").build()?;
    /// assert_eq!(breaker.counts().failure_rate(), None);
    /// breaker.try_acquire()?.record(CallResult::Success);
    /// breaker.try_acquire()?.record(CallResult::Failure);
    /// assert_eq!(breaker.counts().failure_rate(), Some(0.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn failure_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.failures as f64 / self.calls as f64)
    }

    /// Returns the ratio of slow calls, or `None` without calls.
    pub fn slow_call_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.slow as f64 / self.calls as f64)
    }
}
