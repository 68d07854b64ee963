//! A sampler that bounds the traces of each route.

use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::num::NonZeroU32;

use gusset_core::RateLimiter;

use super::{Sampler, SamplingDecision, SamplingParameters};

/// Samples at most a number of traces per second of each route and method, so that rare ones are sampled
/// completely beside frequent ones.
///
/// As with [`RateLimited`](super::RateLimited), unused traces of up to one second are kept for bursts, and the
/// parent's decision is ignored. Requests without a route are one group, because a client chooses
/// their paths; spans that are not of a request are another. There are 512 bounds, and groups are assigned to
/// them by a hash: two groups may share one. Memory is 16 KiB.
///
/// ```
/// use std::num::NonZeroU32;
///
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{ParentBased, RareFirst};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let one = RareFirst::per_second(NonZeroU32::MIN);
/// let trace = TraceObserver::server().sampler(ParentBased::new(one)).build()?;
/// # Ok(())
/// # }
/// ```
pub struct RareFirst {
    groups: Box<[RateLimiter]>,
}

const GROUPS: u64 = 512;

// === impl RareFirst ===

impl RareFirst {
    /// Creates a sampler for this many traces per second of each route and method.
    pub fn per_second(traces: NonZeroU32) -> Self {
        let groups = (0..GROUPS).map(|_| RateLimiter::per_second(traces));
        Self {
            groups: groups.collect(),
        }
    }
}

impl Sampler for RareFirst {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        // The same in each process, so that a group keeps its neighbours. Routes are not chosen by clients,
        // so the hash needs no key.
        let mut hasher = std::hash::DefaultHasher::new();
        let method = parameters.request.map(|req| req.method.as_str());
        let group = parameters.route().map(|route| (method, route));
        (parameters.request.is_some(), group).hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % GROUPS).unwrap_or_default();
        match self.groups[index].try_acquire(parameters.now) {
            true => SamplingDecision::RecordAndSample,
            false => SamplingDecision::Drop,
        }
    }
}

impl fmt::Debug for RareFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RareFirst").finish_non_exhaustive()
    }
}
