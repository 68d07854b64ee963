//! A permit for a call that no driver watches.

use std::fmt;
use std::time::{Duration, Instant};

use crate::anchor::Anchor;
use crate::{Ballot, Vote};
use std::sync::Arc;

/// The permit of a call that is made by hand, without a layer: votes once, by value.
///
/// Dropped without a vote it was cancelled: no vote, and a probe gives its permit back. Dropped by a
/// panic that began after it was given out, it has failed. Behind a layer the driver tells a call's
/// end more exactly; this is for what is not a service.
///
/// ```
/// use gusset_breaker::{Breaker, Vote};
///
/// let breaker = Breaker::builder("stock").build()?;
/// let permit = breaker.try_acquire()?;
/// permit.vote(Vote::Success);
/// assert_eq!(breaker.counts().calls, 1);
/// drop(breaker.try_acquire()?);
/// assert_eq!(breaker.counts().calls, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a permit that is dropped says that its call was cancelled"]
pub struct Permit {
    /// Taken by the vote.
    anchor: Option<Arc<Anchor>>,
    generation: u32,
    /// Read only where something may be slow.
    started: Option<Instant>,
    /// A panic was under way before there was this permit: none of its call.
    panicking: bool,
}

// === impl Permit ===

impl Permit {
    pub(crate) fn new(anchor: Arc<Anchor>, generation: u32) -> Self {
        let core = &anchor.core;
        let started = core.may_be_slow().then(|| core.clock.now());
        Self {
            anchor: Some(anchor),
            generation,
            started,
            panicking: std::thread::panicking(),
        }
    }

    /// Votes; the call took from the permit to now.
    pub fn vote(mut self, ballot: impl Into<Ballot>) {
        self.finish(ballot.into(), None);
    }

    /// Votes; the call took that long.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, Config, Vote};
    /// use std::time::Duration;
    ///
    /// let config = Config::new().slow_calls(Duration::from_secs(1), 0.5);
    /// let breaker = Breaker::builder("stock").config(config).build()?;
    /// let permit = breaker.try_acquire()?;
    /// permit.vote_after(Vote::Success, Duration::from_secs(2));
    /// assert_eq!(breaker.counts().slow, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vote_after(mut self, ballot: impl Into<Ballot>, took: Duration) {
        self.finish(ballot.into(), Some(took));
    }

    fn finish(&mut self, ballot: Ballot, took: Option<Duration>) {
        let Some(anchor) = self.anchor.take() else {
            return;
        };
        let core = &anchor.core;
        let took = took.or_else(|| {
            let started = self.started?;
            Some(core.clock.now().saturating_duration_since(started))
        });
        let slow = took
            .is_some_and(|took| core.is_slow(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)));
        core.vote(self.generation, ballot, slow, || core.now());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.anchor.is_some() {
            let panicked = !self.panicking && std::thread::panicking();
            let vote = if panicked {
                Vote::Failure
            } else {
                Vote::Ignore
            };
            self.finish(vote.into(), None);
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
