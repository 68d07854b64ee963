//! Samplers with a constant decision.

use super::{Sampler, SamplingDecision, SamplingParameters};

/// Samples every trace.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct AlwaysOn;

/// Samples no trace.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct AlwaysOff;

// === impl AlwaysOn ===

impl Sampler for AlwaysOn {
    #[inline]
    fn should_sample(&self, _: &SamplingParameters<'_>) -> SamplingDecision {
        SamplingDecision::RecordAndSample
    }
}

// === impl AlwaysOff ===

impl Sampler for AlwaysOff {
    #[inline]
    fn should_sample(&self, _: &SamplingParameters<'_>) -> SamplingDecision {
        SamplingDecision::Drop
    }
}
