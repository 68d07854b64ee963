use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use gusset_core::{CallContext, Outcome, RateLimiter};

/// Which successful requests get an access log entry. All other requests always get one.
///
/// ```
/// use gusset_log::{AccessLog, AccessLogSampling};
/// use std::num::NonZeroU32;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let ten = NonZeroU32::new(10).expect("not zero");
/// let log = AccessLog::server().sampling(AccessLogSampling::OneIn(ten)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLogSampling {
    /// All of them.
    All,
    /// The first of each N.
    OneIn(NonZeroU32),
    /// At most N per second, and at most N at once ([`RateLimiter`]).
    PerSecond(NonZeroU32),
}

pub(super) enum Sampler {
    All,
    OneIn { n: NonZeroU32, count: AtomicU32 },
    PerSecond(RateLimiter),
}

// === impl Sampler ===

impl Sampler {
    pub(super) const fn new(sampling: AccessLogSampling) -> Self {
        match sampling {
            AccessLogSampling::All => Self::All,
            AccessLogSampling::OneIn(n) => Self::OneIn {
                n,
                count: AtomicU32::new(0),
            },
            AccessLogSampling::PerSecond(n) => Self::PerSecond(RateLimiter::per_second(n)),
        }
    }

    /// Returns whether a request that ended gets an entry.
    #[inline]
    pub(super) fn admit(&self, outcome: Outcome, cx: &CallContext) -> bool {
        if outcome != Outcome::Success {
            return true;
        }
        match self {
            Self::All => true,
            Self::OneIn { n, count } => count.fetch_add(1, Ordering::Relaxed) % n.get() == 0,
            Self::PerSecond(limiter) => limiter.try_acquire(cx.started() + cx.elapsed()),
        }
    }
}
