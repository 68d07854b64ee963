//! What failed or was slow is kept, whatever the dice said.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Outcome;

use super::hold::Slots;
use super::{Decision, Ended, HoldStats, Sampler, Sampling};

/// Keeps what failed or was slow: a call that another sampler drops is kept aside until its end, and
/// exported then if the service was at fault or it took too long.
///
/// Kept are the spans of this service alone: others have been told that the trace is not sampled, and
/// cannot be told otherwise. Memory is bounded by the number of calls and of spans of each; what finds
/// no place is counted in [`stats`](Self::stats). Clones share all that.
///
/// ```
/// use gusset_trace::Trace;
/// use gusset_trace::sample::{ParentBased, Ratio, Tail};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let tail = Tail::new(ParentBased::new(Ratio::new(0.01))).slower_than(Duration::from_secs(1));
/// let trace = Trace::server().sampler(tail.clone()).build()?;
/// assert_eq!(tail.stats().held, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tail<S> {
    inner: Arc<S>,
    outcomes: Vec<Outcome>,
    slower_than: Option<Duration>,
    spans: usize,
    slots: Arc<Slots>,
}

// === impl Tail ===

impl<S: Sampler> Tail<S> {
    /// How many calls are kept aside at once, at most, unless [`at_most`](Self::at_most) says otherwise.
    pub const CALLS: usize = 1024;
    /// How many spans of one call are kept aside, at most, unless [`at_most`](Self::at_most) says
    /// otherwise.
    pub const SPANS: usize = 64;

    /// Keeps what `inner` drops, if it ends as [`Outcome::ServerError`].
    pub fn new(inner: S) -> Self {
        Self {
            inner: Arc::new(inner),
            outcomes: vec![Outcome::ServerError],
            slower_than: None,
            spans: Self::SPANS,
            slots: Slots::new(Self::CALLS),
        }
    }

    /// Keeps the calls that end so, in place of those that are the service's fault.
    #[must_use]
    pub fn outcomes(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.outcomes = outcomes.into_iter().collect();
        self
    }

    /// Keeps the calls that take as long or longer too.
    #[must_use]
    pub fn slower_than(mut self, limit: Duration) -> Self {
        self.slower_than = Some(limit);
        self
    }

    /// Keeps at most so many calls aside at once, and of each so many spans besides its own.
    #[must_use]
    pub fn at_most(mut self, calls: usize, spans: usize) -> Self {
        self.slots = Slots::new(calls);
        self.spans = spans;
        self
    }

    /// How much is kept aside now, and how much found no place.
    pub fn stats(&self) -> HoldStats {
        self.slots.stats()
    }
}

impl<S: Sampler> Sampler for Tail<S> {
    fn sample(&self, call: &Sampling<'_>) -> Decision {
        match self.inner.sample(call) {
            // What is no call has no end to wait for.
            Decision::Drop if call.request.is_some() => {
                let hold = self.slots.take(self.spans);
                hold.map_or(Decision::Drop, Decision::Record)
            }
            decision => decision,
        }
    }

    fn keep(&self, ended: &Ended) -> bool {
        let has_outcome = |outcome| self.outcomes.contains(&outcome);
        ended.outcome.is_some_and(has_outcome)
            || self.slower_than.is_some_and(|limit| ended.elapsed >= limit)
            || self.inner.keep(ended)
    }
}

impl<S> Clone for Tail<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            outcomes: self.outcomes.clone(),
            slower_than: self.slower_than,
            spans: self.spans,
            slots: self.slots.clone(),
        }
    }
}
