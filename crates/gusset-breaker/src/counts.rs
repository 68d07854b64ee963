//! What was counted.

/// What a breaker counted of the calls that ended. Read without a lock: what other threads are about
/// to add at that instant may be missing, what the same thread has added never is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Calls in the window, or probes that have voted.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Those of them that were slow, failed or not.
    pub slow: u64,
}

// === impl Counts ===

impl Counts {
    /// The share of failures; `None` where nothing was counted.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, Vote};
    ///
    /// let breaker = Breaker::builder("stock").build()?;
    /// assert_eq!(breaker.counts().failure_rate(), None);
    /// breaker.try_acquire()?.vote(Vote::Success);
    /// breaker.try_acquire()?.vote(Vote::Failure);
    /// assert_eq!(breaker.counts().failure_rate(), Some(0.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn failure_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.failures as f64 / self.calls as f64)
    }

    /// The share of slow calls; `None` where nothing was counted.
    pub fn slow_call_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.slow as f64 / self.calls as f64)
    }
}
