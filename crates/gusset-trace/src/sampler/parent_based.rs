//! A sampler that follows the parent span.

use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// Follows the sampled flag of the parent span, or the decision of a request without a parent
/// (`b3: 0`), and another sampler for traces that begin here.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParentBased<S>(S);

// === impl ParentBased ===

impl<S: Sampler> ParentBased<S> {
    /// Creates a sampler that calls `root` for traces that begin here.
    pub const fn new(root: S) -> Self {
        Self(root)
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    #[inline]
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let parent = parameters.parent;
        let is_sampled = parent.map(|parent| parent.flags().is_sampled());
        match is_sampled.or(parameters.requested) {
            Some(true) => SamplingDecision::RecordAndSample,
            Some(false) => SamplingDecision::Drop,
            None => self.0.should_sample(parameters),
        }
    }

    fn should_export(&self, summary: &CallSummary) -> bool {
        self.0.should_export(summary)
    }
}
