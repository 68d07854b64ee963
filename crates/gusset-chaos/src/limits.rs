//! Limits of what is injected.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use gusset_core::RateLimiter;

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Limits of what one arming injects. A call over a limit is served, and counted as skipped.
///
/// ```
/// use gusset_chaos::Limits;
/// use std::num::NonZeroU32;
///
/// let limits = Limits::new().max_active(10).max_per_second(NonZeroU32::MIN).budget(500);
/// ```
#[derive(Clone, Debug)]
#[must_use = "limits have an effect in the builder"]
pub struct Limits {
    max_active: u32,
    max_per_second: Option<NonZeroU32>,
    budget: Option<u64>,
}

/// The limit that a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Active,
    Rate,
    Budget,
}

/// The use of the limits, by one arming.
#[derive(Debug)]
pub(crate) struct LimitState {
    limits: Limits,
    active: Arc<AtomicU32>,
    rate: Option<RateLimiter>,
    injected: AtomicU64,
}

/// A place among the active faults, returned on drop: also when the client disconnects or the call panics.
#[derive(Debug)]
pub(crate) struct ActiveGuard(Arc<AtomicU32>);

const DEFAULT_MAX_ACTIVE: u32 = 100;

// === impl Limits ===

impl Limits {
    /// Creates the defaults: at most 100 active faults, no limit of the rate, and no budget.
    pub fn new() -> Self {
        Self {
            max_active: DEFAULT_MAX_ACTIVE,
            max_per_second: None,
            budget: None,
        }
    }

    /// Sets how many calls have a fault at once, at most. Defaults to 100. A call has it until its response headers, or
    /// with a fault of its body until that has been sent or dropped.
    pub fn max_active(mut self, calls: u32) -> Self {
        self.max_active = calls;
        self
    }

    /// Sets how many calls are hit per second, at most. Defaults to no limit.
    pub fn max_per_second(mut self, calls: NonZeroU32) -> Self {
        self.max_per_second = Some(calls);
        self
    }

    /// Sets how many calls are hit in total, at most. The last one disarms. Defaults to no limit.
    pub fn budget(mut self, calls: u64) -> Self {
        self.budget = Some(calls);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Limit ===

impl Limit {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "max_active",
            Self::Rate => "rate",
            Self::Budget => "budget",
        }
    }
}

// === impl LimitState ===

impl LimitState {
    /// Creates the state of one arming. `active` outlives it: faults that are finished after it still count.
    pub(crate) fn new(limits: Limits, active: Arc<AtomicU32>) -> Self {
        Self {
            rate: limits.max_per_second.map(RateLimiter::per_second),
            limits,
            active,
            injected: AtomicU64::new(0),
        }
    }

    /// Takes a place for one call. Returns it, and whether the budget is used up with it.
    pub(crate) fn acquire(&self, now: Instant) -> Result<(ActiveGuard, bool), Limit> {
        let max = self.limits.max_active;
        let step = |active: u32| (active < max).then_some(active + 1);
        // Relaxed: the counters guard nothing but themselves.
        let active = self
            .active
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        active.map_err(|_| Limit::Active)?;
        // From here on the guard returns the place.
        let guard = ActiveGuard(self.active.clone());
        if self
            .rate
            .as_ref()
            .is_some_and(|rate| !rate.try_acquire(now))
        {
            return Err(Limit::Rate);
        }
        let budget = self.limits.budget.unwrap_or(u64::MAX);
        let step = |injected: u64| (injected < budget).then(|| injected.saturating_add(1));
        let before = self
            .injected
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
        match before {
            Ok(before) => Ok((guard, before + 1 >= budget)),
            Err(_) => Err(Limit::Budget),
        }
    }
}

impl Drop for ActiveGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use gusset_core::Clock;

    use super::*;

    #[test]
    fn racing_threads_never_exceed_a_limit() {
        let active = Arc::<AtomicU32>::default();
        let limits = Limits::new().max_active(3).budget(500);
        let state = LimitState::new(limits, active.clone());
        let now = Clock::system().now();
        let last = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        if let Ok((_guard, is_last)) = state.acquire(now) {
                            assert!(active.load(Ordering::Relaxed) <= 3);
                            last.fetch_add(u32::from(is_last), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(state.injected.load(Ordering::Relaxed), 500);
        assert_eq!(last.load(Ordering::Relaxed), 1, "the last one, once");
        assert_eq!(active.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn rejected_call_returns_its_place() {
        let active = Arc::<AtomicU32>::default();
        let limits = Limits::new().max_per_second(NonZeroU32::MIN);
        let state = LimitState::new(limits, active.clone());
        let now = Clock::system().now();
        let first = state.acquire(now);
        assert!(first.is_ok());
        assert_eq!(state.acquire(now).err(), Some(Limit::Rate));
        assert_eq!(active.load(Ordering::Relaxed), 1);
        drop(first);
        assert_eq!(active.load(Ordering::Relaxed), 0);
    }
}
