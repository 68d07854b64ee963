//! Calls of custom samplers, whose panics do not reach the call.

use gusset_core::PanicCounter;

use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// The panics of one sampler.
#[derive(Default)]
pub(crate) struct SamplerPanics(PanicCounter);

// === impl SamplerPanics ===

impl SamplerPanics {
    /// Calls a sampler. A span whose sampler panics is dropped.
    #[inline]
    pub(crate) fn should_sample(
        &self,
        sampler: &dyn Sampler,
        parameters: &SamplingParameters<'_>,
    ) -> SamplingDecision {
        let decision = self.0.catch(|| sampler.should_sample(parameters), report);
        decision.unwrap_or(SamplingDecision::Drop)
    }

    /// Calls a sampler for a buffered call. It is not exported if the sampler panics.
    pub(crate) fn should_export(&self, sampler: &dyn Sampler, summary: &CallSummary) -> bool {
        let decision = self.0.catch(|| sampler.should_export(summary), report);
        decision.unwrap_or(false)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.count()
    }
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::trace",
        "the sampler panicked, its spans are dropped; further panics are counted and not logged"
    );
}
