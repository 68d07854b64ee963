//! Calls of custom samplers, whose panics do not reach the request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// The panics of one sampler.
#[derive(Default)]
pub(crate) struct SamplerPanics(AtomicU64);

// === impl SamplerPanics ===

impl SamplerPanics {
    /// Calls a sampler. A span whose sampler panics is dropped.
    #[inline]
    pub(crate) fn should_sample(
        &self,
        sampler: &dyn Sampler,
        parameters: &SamplingParameters<'_>,
    ) -> SamplingDecision {
        // Unwind safe: only the sampler's own state is shared with later calls.
        catch_unwind(AssertUnwindSafe(|| sampler.should_sample(parameters))).unwrap_or_else(|_| {
            self.count();
            SamplingDecision::Drop
        })
    }

    /// Calls a sampler for a buffered request. It is not exported if the sampler panics.
    pub(crate) fn should_export(&self, sampler: &dyn Sampler, summary: &CallSummary) -> bool {
        catch_unwind(AssertUnwindSafe(|| sampler.should_export(summary))).unwrap_or_else(|_| {
            self.count();
            false
        })
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[cold]
    fn count(&self) {
        if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!(
                target: "gusset::trace",
                "the sampler panicked, its spans are dropped; further panics are counted only"
            );
        }
    }
}
