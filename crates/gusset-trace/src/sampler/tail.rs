//! A sampler that exports failed and slow requests.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Outcome, StaticStr};

use super::span_buffer::BufferLimits;
use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters, TailSamplerStats};

/// Exports failed and slow requests that another sampler drops.
///
/// Their spans are buffered until the request completes. They are then exported if the outcome is
/// [`Outcome::ServerError`] or the request took too long. A span outside of any request has no outcome,
/// so it is never buffered: as the sampler of a `SpanLayer`, this decides as the inner sampler does. Only the spans of this service are exported:
/// other services receive an unsampled trace.
///
/// Memory is bounded by the number of requests and of spans per request. What exceeds them is dropped
/// and counted in [`stats`](Self::stats). Clones share the buffers.
///
/// ```
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{ParentBased, TailSampler, TraceIdRatio};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let percent = ParentBased::new(TraceIdRatio::new(0.01));
/// let tail = TailSampler::new(percent).slower_than(Duration::from_secs(1));
/// let trace = TraceObserver::server().sampler(tail.clone()).build()?;
/// assert_eq!(tail.stats().buffered_calls, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TailSampler<S> {
    inner: Arc<S>,
    outcomes: Vec<Outcome>,
    statuses: Vec<RangeInclusive<u16>>,
    slower_than: Option<Duration>,
    max_spans: usize,
    limits: Arc<BufferLimits>,
}

// === impl TailSampler ===

impl<S: Sampler> TailSampler<S> {
    /// The default limit on requests that are buffered at the same time.
    pub const DEFAULT_MAX_CALLS: usize = 1024;
    /// The default limit on buffered spans of one request, besides its own.
    pub const DEFAULT_MAX_SPANS: usize = 64;

    /// Creates a sampler that exports requests with [`Outcome::ServerError`] that `inner` drops.
    pub fn new(inner: S) -> Self {
        Self {
            inner: Arc::new(inner),
            outcomes: vec![Outcome::ServerError],
            statuses: Vec::new(),
            slower_than: None,
            max_spans: Self::DEFAULT_MAX_SPANS,
            limits: BufferLimits::new(Self::DEFAULT_MAX_CALLS),
        }
    }

    /// Sets the outcomes that are exported. Defaults to [`Outcome::ServerError`].
    #[must_use]
    pub fn outcomes(mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        self.outcomes = outcomes.into_iter().collect();
        self
    }

    /// Exports requests with these HTTP statuses too, for example `[404..=404, 429..=429]`. None by default.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Exports requests that take at least this long too. Off by default.
    #[must_use]
    pub fn slower_than(mut self, limit: Duration) -> Self {
        self.slower_than = Some(limit);
        self
    }

    /// Sets how many requests are buffered at the same time, and how many spans of each besides its
    /// own. Defaults to 1024 requests of 64 spans.
    #[must_use]
    pub fn buffer_limits(mut self, max_calls: usize, max_spans: usize) -> Self {
        self.limits = BufferLimits::new(max_calls);
        self.max_spans = max_spans;
        self
    }

    /// Returns how much is buffered now and how much was dropped.
    pub fn stats(&self) -> TailSamplerStats {
        self.limits.stats()
    }
}

impl<S: Sampler> Sampler for TailSampler<S> {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let or_buffer = |decision| match decision {
            // A span that is not of a request has no completion to wait for.
            SamplingDecision::Drop if parameters.request.is_some() => {
                let buffer = self.limits.try_acquire(self.max_spans);
                buffer.map_or(SamplingDecision::Drop, SamplingDecision::RecordOnly)
            }
            decision => decision,
        };
        match self.inner.should_sample(parameters) {
            SamplingDecision::With(mut additions) => {
                let decision = std::mem::replace(&mut additions.decision, SamplingDecision::Drop);
                additions.decision = or_buffer(decision);
                SamplingDecision::With(additions)
            }
            decision => or_buffer(decision),
        }
    }

    fn should_export(&self, summary: &CallSummary) -> bool {
        let is_exported = |outcome| self.outcomes.contains(&outcome);
        let is_slow = |limit| summary.elapsed >= limit;
        let has_status = |status: StaticStr| {
            let status = status.as_str().parse();
            status.is_ok_and(|status| self.statuses.iter().any(|range| range.contains(&status)))
        };
        summary.outcome.is_some_and(is_exported)
            || summary.status.is_some_and(has_status)
            || self.slower_than.is_some_and(is_slow)
            || self.inner.should_export(summary)
    }
}

impl<S> Clone for TailSampler<S> {
    fn clone(&self) -> Self {
        let Self {
            inner,
            outcomes,
            statuses,
            slower_than,
            max_spans,
            limits,
        } = self;
        Self {
            inner: inner.clone(),
            outcomes: outcomes.clone(),
            statuses: statuses.clone(),
            slower_than: *slower_than,
            max_spans: *max_spans,
            limits: limits.clone(),
        }
    }
}
