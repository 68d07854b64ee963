use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use gusset_core::{CallContext, Clock, Outcome};

use crate::limit::Site;

/// How many of the lines of successful calls are written. Those of all others always are.
///
/// ```
/// use gusset_log::{AccessLog, Sampling};
/// use std::num::NonZeroU32;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let ten = NonZeroU32::new(10).expect("not zero");
/// let log = AccessLog::server().sample(Sampling::OneIn(ten)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sampling {
    /// All.
    All,
    /// The first of so many.
    OneIn(NonZeroU32),
    /// So many a second, the first ones.
    PerSecond(NonZeroU32),
}

#[derive(Debug)]
pub(super) struct Sampler {
    sampling: Sampling,
    count: AtomicU32,
    origin: Instant,
    site: Site,
}

// === impl Sampler ===

impl Sampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self {
            sampling,
            count: AtomicU32::new(0),
            origin: Clock::system().now(),
            site: Site::default(),
        }
    }

    /// Whether the line of a call is written.
    #[inline]
    pub(super) fn takes(&self, outcome: Outcome, cx: &CallContext) -> bool {
        if outcome != Outcome::Success {
            return true;
        }
        match self.sampling {
            Sampling::All => true,
            Sampling::OneIn(many) => {
                let count = self.count.fetch_add(1, Ordering::Relaxed);
                count % many.get() == 0
            }
            Sampling::PerSecond(most) => {
                let end = cx.started() + cx.elapsed();
                let second = end.saturating_duration_since(self.origin).as_secs();
                // From one on, so that the first second differs from none.
                self.site.admit(second + 1, most.get()).is_some()
            }
        }
    }
}
