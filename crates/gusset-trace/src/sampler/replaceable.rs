//! A sampler that can be replaced at run time.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gusset_core::Clock;

use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// A sampler that can be replaced at run time, for a limited time or until it is reverted. Clones share
/// the state.
///
/// Costs one relaxed load for each decision, and a lock while it is replaced.
///
/// ```
/// use std::time::Duration;
///
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{AlwaysOn, ParentBased, ReplaceableSampler, TraceIdRatio};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let sampler = ReplaceableSampler::new(ParentBased::new(TraceIdRatio::new(0.01)));
/// let trace = TraceObserver::server().sampler(sampler.clone()).build()?;
///
/// // During an incident:
/// sampler.replace_temporarily(AlwaysOn, Duration::from_secs(600));
/// assert!(sampler.is_replaced());
/// sampler.revert();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ReplaceableSampler(Arc<State>);

struct State {
    original: Arc<dyn Sampler>,
    /// Whether there is a replacement. A decision that reads an old value is one of the time before.
    is_replaced: AtomicBool,
    replacement: RwLock<Option<Replacement>>,
}

#[derive(Clone)]
struct Replacement {
    sampler: Arc<dyn Sampler>,
    until: Option<Instant>,
}

// === impl ReplaceableSampler ===

impl ReplaceableSampler {
    /// Creates a sampler that decides as `original` until it is replaced.
    pub fn new(original: impl Sampler) -> Self {
        Self(Arc::new(State {
            original: Arc::new(original),
            is_replaced: AtomicBool::new(false),
            replacement: RwLock::new(None),
        }))
    }

    /// Replaces the sampler until [`revert`](Self::revert).
    pub fn replace(&self, sampler: impl Sampler) {
        self.set(Some((Arc::new(sampler), None)));
    }

    /// Replaces the sampler for this time. The original one is used afterwards.
    pub fn replace_temporarily(&self, sampler: impl Sampler, time: Duration) {
        // A time beyond the range of the clock never comes.
        let until = Clock::system().now().checked_add(time);
        self.set(Some((Arc::new(sampler), until)));
    }

    /// Uses the original sampler again.
    pub fn revert(&self) {
        self.set(None);
    }

    /// Returns whether the sampler is replaced now.
    pub fn is_replaced(&self) -> bool {
        self.replacement(Clock::system().now()).is_some()
    }

    fn set(&self, replacement: Option<(Arc<dyn Sampler>, Option<Instant>)>) {
        let State {
            is_replaced,
            replacement: current,
            ..
        } = &*self.0;
        let mut current = current.write().unwrap_or_else(PoisonError::into_inner);
        *current = replacement.map(|(sampler, until)| Replacement { sampler, until });
        is_replaced.store(current.is_some(), Ordering::Relaxed);
    }

    /// Returns the replacement, unless its time is over.
    #[inline]
    fn replacement(&self, now: Instant) -> Option<Arc<dyn Sampler>> {
        if !self.0.is_replaced.load(Ordering::Relaxed) {
            return None;
        }
        let current = self.0.replacement.read();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        let replacement = current.as_ref()?;
        let is_over = replacement.until.is_some_and(|until| until <= now);
        (!is_over).then(|| replacement.sampler.clone())
    }
}

impl Sampler for ReplaceableSampler {
    #[inline]
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        match self.replacement(parameters.now) {
            Some(sampler) => sampler.should_sample(parameters),
            None => self.0.original.should_sample(parameters),
        }
    }

    /// Returns whether either sampler exports the request: it may have been replaced meanwhile.
    fn should_export(&self, summary: &CallSummary) -> bool {
        let replacement = self.replacement(Clock::system().now());
        self.0.original.should_export(summary)
            || replacement.is_some_and(|sampler| sampler.should_export(summary))
    }
}

impl fmt::Debug for ReplaceableSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplaceableSampler")
            .field("is_replaced", &self.is_replaced())
            .finish_non_exhaustive()
    }
}
