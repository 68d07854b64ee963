//! So many traces a second.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::{Decision, Sampler, Sampling};

/// Samples at most so many traces a second: a bucket that holds one second's worth and fills evenly.
///
/// Callers' decisions are not looked at: put it into [`ParentBased`](super::ParentBased), and it counts
/// the traces that begin here. One word, changed by compare-and-swap; it goes by the clock of the calls.
///
/// ```
/// use gusset_trace::Trace;
/// use gusset_trace::sample::{ParentBased, RateLimit};
/// use std::num::NonZeroU32;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let ten = RateLimit::per_second(NonZeroU32::new(10).expect("not zero"));
/// let trace = Trace::server().sampler(ParentBased::new(ten)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RateLimit {
    /// Between two traces, in nanoseconds.
    interval: u64,
    origin: OnceLock<Instant>,
    /// When the bucket will be full again, in nanoseconds since `origin` (GCRA).
    full_at: AtomicU64,
}

const SECOND: u64 = 1_000_000_000;

// === impl RateLimit ===

impl RateLimit {
    /// So many traces a second.
    pub const fn per_second(traces: NonZeroU32) -> Self {
        Self {
            interval: SECOND / traces.get() as u64,
            origin: OnceLock::new(),
            full_at: AtomicU64::new(0),
        }
    }

    fn take(&self, now: Instant) -> bool {
        let origin = *self.origin.get_or_init(|| now);
        let now = now.saturating_duration_since(origin).as_nanos();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let next = |full_at: u64| {
            let next = full_at.max(now).saturating_add(self.interval);
            (next <= now.saturating_add(SECOND)).then_some(next)
        };
        self.full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }
}

impl Sampler for RateLimit {
    fn sample(&self, call: &Sampling<'_>) -> Decision {
        if self.take(call.now) {
            Decision::Sample
        } else {
            Decision::Drop
        }
    }
}
