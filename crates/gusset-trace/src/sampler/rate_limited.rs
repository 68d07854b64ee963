//! A sampler with a bound on traces per second.

use std::num::NonZeroU32;

use gusset_core::RateLimiter;

use super::{Sampler, SamplingDecision, SamplingParameters};

/// Samples at most a number of traces per second.
///
/// Unused traces of up to one second are kept for bursts. The parent's decision is ignored: wrap this
/// sampler in [`ParentBased`](super::ParentBased) to limit only the traces that begin here. Time is the
/// clock of the calls.
///
/// ```
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{ParentBased, RateLimited};
/// use std::num::NonZeroU32;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let ten = RateLimited::per_second(NonZeroU32::new(10).expect("not zero"));
/// let trace = TraceObserver::server().sampler(ParentBased::new(ten)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RateLimited {
    limiter: RateLimiter,
}

// === impl RateLimited ===

impl RateLimited {
    /// Creates a sampler for this many traces per second.
    pub const fn per_second(traces: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::per_second(traces),
        }
    }
}

impl Sampler for RateLimited {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        if self.limiter.try_acquire(parameters.now) {
            SamplingDecision::RecordAndSample
        } else {
            SamplingDecision::Drop
        }
    }
}
