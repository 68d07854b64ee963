//! The rules in atomics, so that calls read them without a lock.

use crate::machine::{Ratio, Rules};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The rules of a breaker, one atomic for each.
///
/// All accesses are `Relaxed`, because no rule depends on another. A result that is evaluated during a
/// reconfiguration may use old and new rules together.
#[derive(Debug)]
pub(crate) struct AtomicRules {
    // Read by every call.
    pub(crate) slow_threshold: AtomicU64,
    pub(crate) consecutive_failures: AtomicU32,
    flags: AtomicU32,
    // Read by decisions only.
    minimum_calls: AtomicU32,
    failure_rate: AtomicU32,
    slow_rate: AtomicU32,
    half_open_calls: AtomicU32,
    jitter: AtomicU32,
    max_half_open: AtomicU64,
    open_duration: AtomicU64,
    max_open: AtomicU64,
    max_retry_after: AtomicU64,
    multiplier: AtomicU64,
}

const ANY_FAILURE_OPENS: u32 = 1;
const CLOSE_ON_TIMEOUT: u32 = 2;
const AUTO_HALF_OPEN: u32 = 4;
const SLOW_INCLUDES_BODY: u32 = 8;
const SLOW_CANCELLED_IS_FAILURE: u32 = 16;

// === impl AtomicRules ===

impl AtomicRules {
    pub(crate) fn new(rules: &Rules) -> Self {
        let atomics = Self {
            slow_threshold: AtomicU64::new(0),
            consecutive_failures: AtomicU32::new(0),
            flags: AtomicU32::new(0),
            minimum_calls: AtomicU32::new(0),
            failure_rate: AtomicU32::new(0),
            slow_rate: AtomicU32::new(0),
            half_open_calls: AtomicU32::new(0),
            jitter: AtomicU32::new(0),
            max_half_open: AtomicU64::new(0),
            open_duration: AtomicU64::new(0),
            max_open: AtomicU64::new(0),
            max_retry_after: AtomicU64::new(0),
            multiplier: AtomicU64::new(0),
        };
        atomics.store(rules);
        atomics
    }

    pub(crate) fn store(&self, rules: &Rules) {
        let Rules {
            minimum_calls,
            failure_rate,
            slow_rate,
            slow_threshold,
            consecutive_failures,
            half_open_calls,
            any_failure_opens,
            max_half_open,
            close_on_timeout,
            open_duration,
            multiplier,
            max_open,
            max_retry_after,
            jitter,
            auto_half_open,
            slow_includes_body,
            slow_cancelled_is_failure,
        } = *rules;
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        let flags = flag(any_failure_opens, ANY_FAILURE_OPENS)
            | flag(close_on_timeout, CLOSE_ON_TIMEOUT)
            | flag(auto_half_open, AUTO_HALF_OPEN)
            | flag(slow_includes_body, SLOW_INCLUDES_BODY)
            | flag(slow_cancelled_is_failure, SLOW_CANCELLED_IS_FAILURE);
        self.slow_threshold.store(slow_threshold, Ordering::Relaxed);
        self.consecutive_failures
            .store(consecutive_failures, Ordering::Relaxed);
        self.flags.store(flags, Ordering::Relaxed);
        self.minimum_calls.store(minimum_calls, Ordering::Relaxed);
        // 0 stands for no threshold. `Config::check` rejects it as a value.
        let ratio = |ratio: Option<Ratio>| ratio.map_or(0, |ratio| ratio.0);
        self.failure_rate
            .store(ratio(failure_rate), Ordering::Relaxed);
        self.slow_rate.store(ratio(slow_rate), Ordering::Relaxed);
        self.half_open_calls
            .store(half_open_calls, Ordering::Relaxed);
        self.jitter.store(jitter.0, Ordering::Relaxed);
        self.max_half_open.store(max_half_open, Ordering::Relaxed);
        self.open_duration.store(open_duration, Ordering::Relaxed);
        self.max_open.store(max_open, Ordering::Relaxed);
        self.max_retry_after
            .store(max_retry_after, Ordering::Relaxed);
        self.multiplier
            .store(multiplier.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn load(&self) -> Rules {
        let flags = self.flags.load(Ordering::Relaxed);
        let ratio = |ratio: &AtomicU32| {
            let ratio = ratio.load(Ordering::Relaxed);
            (ratio != 0).then_some(Ratio(ratio))
        };
        Rules {
            minimum_calls: self.minimum_calls.load(Ordering::Relaxed),
            failure_rate: ratio(&self.failure_rate),
            slow_rate: ratio(&self.slow_rate),
            slow_threshold: self.slow_threshold.load(Ordering::Relaxed),
            consecutive_failures: self.consecutive_failures.load(Ordering::Relaxed),
            half_open_calls: self.half_open_calls.load(Ordering::Relaxed),
            any_failure_opens: flags & ANY_FAILURE_OPENS != 0,
            max_half_open: self.max_half_open.load(Ordering::Relaxed),
            close_on_timeout: flags & CLOSE_ON_TIMEOUT != 0,
            open_duration: self.open_duration.load(Ordering::Relaxed),
            multiplier: f64::from_bits(self.multiplier.load(Ordering::Relaxed)),
            max_open: self.max_open.load(Ordering::Relaxed),
            max_retry_after: self.max_retry_after.load(Ordering::Relaxed),
            jitter: Ratio(self.jitter.load(Ordering::Relaxed)),
            auto_half_open: flags & AUTO_HALF_OPEN != 0,
            slow_includes_body: flags & SLOW_INCLUDES_BODY != 0,
            slow_cancelled_is_failure: flags & SLOW_CANCELLED_IS_FAILURE != 0,
        }
    }

    /// Returns whether the duration of a call includes the body.
    #[inline]
    pub(crate) fn slow_includes_body(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & SLOW_INCLUDES_BODY != 0
    }

    /// Returns whether a slow call that was cancelled has failed.
    #[inline]
    pub(crate) fn slow_cancelled_is_failure(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & SLOW_CANCELLED_IS_FAILURE != 0
    }
}
