//! The rules in atomics, so that a breaker is reconfigured without a lock.

use crate::machine::{Rules, Share};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The rules of a breaker, each in a word of its own: a result that is judged while they are being
/// changed may be judged by some of each, and the next one by the new.
#[derive(Debug)]
pub(crate) struct Knobs {
    // Read for every call.
    pub(crate) slow_after: AtomicU64,
    pub(crate) consecutive: AtomicU32,
    flags: AtomicU32,
    // Read where something is decided.
    minimum: AtomicU32,
    failure_rate: AtomicU32,
    slow_rate: AtomicU32,
    probes: AtomicU32,
    jitter: AtomicU32,
    half_open_for: AtomicU64,
    open_for: AtomicU64,
    open_most: AtomicU64,
    wish_most: AtomicU64,
    multiplier: AtomicU64,
}

const STRICT: u32 = 1;
const OVERDUE_CLOSES: u32 = 2;
const AUTO: u32 = 4;
const SLOW_AT_END: u32 = 8;
const SLOW_CANCELS: u32 = 16;

// === impl Knobs ===

impl Knobs {
    pub(crate) fn new(rules: &Rules) -> Self {
        let knobs = Self {
            slow_after: AtomicU64::new(0),
            consecutive: AtomicU32::new(0),
            flags: AtomicU32::new(0),
            minimum: AtomicU32::new(0),
            failure_rate: AtomicU32::new(0),
            slow_rate: AtomicU32::new(0),
            probes: AtomicU32::new(0),
            jitter: AtomicU32::new(0),
            half_open_for: AtomicU64::new(0),
            open_for: AtomicU64::new(0),
            open_most: AtomicU64::new(0),
            wish_most: AtomicU64::new(0),
            multiplier: AtomicU64::new(0),
        };
        knobs.store(rules);
        knobs
    }

    pub(crate) fn store(&self, rules: &Rules) {
        let Rules {
            minimum,
            failure_rate,
            slow_rate,
            slow_after,
            consecutive,
            probes,
            strict,
            half_open_for,
            overdue_closes,
            open_for,
            multiplier,
            open_most,
            wish_most,
            jitter,
            auto,
            slow_at_end,
            slow_cancels,
        } = *rules;
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        let flags = flag(strict, STRICT)
            | flag(overdue_closes, OVERDUE_CLOSES)
            | flag(auto, AUTO)
            | flag(slow_at_end, SLOW_AT_END)
            | flag(slow_cancels, SLOW_CANCELS);
        self.slow_after.store(slow_after, Ordering::Relaxed);
        self.consecutive.store(consecutive, Ordering::Relaxed);
        self.flags.store(flags, Ordering::Relaxed);
        self.minimum.store(minimum, Ordering::Relaxed);
        // No share is 0, so 0 is none.
        let share = |share: Option<Share>| share.map_or(0, |share| share.0);
        self.failure_rate
            .store(share(failure_rate), Ordering::Relaxed);
        self.slow_rate.store(share(slow_rate), Ordering::Relaxed);
        self.probes.store(probes, Ordering::Relaxed);
        self.jitter.store(jitter.0, Ordering::Relaxed);
        self.half_open_for.store(half_open_for, Ordering::Relaxed);
        self.open_for.store(open_for, Ordering::Relaxed);
        self.open_most.store(open_most, Ordering::Relaxed);
        self.wish_most.store(wish_most, Ordering::Relaxed);
        self.multiplier
            .store(multiplier.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn load(&self) -> Rules {
        let flags = self.flags.load(Ordering::Relaxed);
        let share = |share: &AtomicU32| {
            let share = share.load(Ordering::Relaxed);
            (share != 0).then_some(Share(share))
        };
        Rules {
            minimum: self.minimum.load(Ordering::Relaxed),
            failure_rate: share(&self.failure_rate),
            slow_rate: share(&self.slow_rate),
            slow_after: self.slow_after.load(Ordering::Relaxed),
            consecutive: self.consecutive.load(Ordering::Relaxed),
            probes: self.probes.load(Ordering::Relaxed),
            strict: flags & STRICT != 0,
            half_open_for: self.half_open_for.load(Ordering::Relaxed),
            overdue_closes: flags & OVERDUE_CLOSES != 0,
            open_for: self.open_for.load(Ordering::Relaxed),
            multiplier: f64::from_bits(self.multiplier.load(Ordering::Relaxed)),
            open_most: self.open_most.load(Ordering::Relaxed),
            wish_most: self.wish_most.load(Ordering::Relaxed),
            jitter: Share(self.jitter.load(Ordering::Relaxed)),
            auto: flags & AUTO != 0,
            slow_at_end: flags & SLOW_AT_END != 0,
            slow_cancels: flags & SLOW_CANCELS != 0,
        }
    }

    /// Whether slowness is measured to the end of the body.
    #[inline]
    pub(crate) fn slow_at_end(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & SLOW_AT_END != 0
    }

    /// Whether a call that was given up after it was slow has failed.
    #[inline]
    pub(crate) fn slow_cancels(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & SLOW_CANCELS != 0
    }
}
