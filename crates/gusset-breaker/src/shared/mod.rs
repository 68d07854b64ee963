//! The machine in atomics, shared by all threads: lock-free, one word decides admission.
//!
//! Every move is one compare-and-swap of that word; what a move entails (events, metrics, wakers)
//! its winner does after it. A result is counted only in the generation that admitted it.

mod admit;
mod fleet;
mod knobs;
mod lane;
mod transit;
mod vote;
mod windows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_core::Clock;

use crate::config::Config;
use crate::journal::Journal;
use crate::machine::{NEVER, Rules, Word};
use crate::metrics::Metrics;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering};
use crate::waiters::Waiters;
use crate::window::Run;

pub(crate) use self::admit::Shut;
pub(crate) use self::fleet::Fleet;
pub(crate) use self::knobs::Knobs;
#[cfg(all(test, loom))]
pub(crate) use self::lane::set_lane;
pub(crate) use self::lane::{lane, usual_lanes};
pub(crate) use self::windows::{SHAPES, Windows};

/// A breaker, as its threads share it.
#[derive(Debug)]
pub(crate) struct Core {
    hot: Hot,
    changing: Changing,
    pub(crate) name: Arc<str>,
    pub(crate) clock: Clock,
    origin: Instant,
    pub(crate) config: Mutex<Config>,
    pub(crate) journal: Journal,
    pub(crate) waiters: Waiters,
    pub(crate) metrics: Option<Box<Metrics>>,
    fleet: Option<Arc<Fleet>>,
    seed: u64,
}

/// What every call reads, and next to nobody writes: a line that every processor may keep.
#[derive(Debug)]
#[repr(align(64))]
struct Hot {
    word: AtomicU64,
    knobs: Knobs,
    windows: Windows,
    /// The generation and tick in which the window was found full enough and within its limits: no
    /// success in it can open.
    quiet: AtomicU64,
}

/// What is written when calls fail, are refused or probe.
#[derive(Debug)]
#[repr(align(64))]
struct Changing {
    probes: AtomicU64,
    /// The permits of a half-open cycle: `generation:32 | permits:32`.
    permits: AtomicU64,
    run: Run,
    /// Opens since it was last closed.
    opened: AtomicU32,
    /// The generation, plus one, that was told of opening and did not.
    spared_in: AtomicU32,
    refused: AtomicU64,
    late: AtomicU64,
    spared: AtomicU64,
}

/// What a breaker is made of, beside its rules.
pub(crate) struct Parts {
    pub(crate) name: Arc<str>,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) fleet: Option<Arc<Fleet>>,
    pub(crate) state: crate::State,
    pub(crate) lanes: usize,
    pub(crate) seed: u64,
}

// === impl Core ===

impl Core {
    pub(crate) fn new(parts: Parts, rules: &Rules) -> Self {
        let Parts {
            name,
            config,
            clock,
            metrics,
            fleet,
            state,
            lanes,
            seed,
        } = parts;
        if let Some(fleet) = &fleet {
            fleet.join();
        }
        Self {
            hot: Hot {
                word: AtomicU64::new(Word::new(state, 0, NEVER).bits()),
                knobs: Knobs::new(rules),
                windows: Windows::new(config.window, lanes),
                quiet: AtomicU64::new(NOT_QUIET),
            },
            changing: Changing {
                probes: AtomicU64::new(0),
                permits: AtomicU64::new(0),
                run: Run::default(),
                opened: AtomicU32::new(0),
                spared_in: AtomicU32::new(0),
                refused: AtomicU64::new(0),
                late: AtomicU64::new(0),
                spared: AtomicU64::new(0),
            },
            name,
            origin: clock.now(),
            clock,
            config: Mutex::new(config),
            journal: Journal::new(),
            waiters: Waiters::new(),
            metrics: metrics.map(Box::new),
            fleet,
            seed,
        }
    }

    #[inline]
    pub(crate) fn word(&self) -> Word {
        Word::from_bits(self.hot.word.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn knobs(&self) -> &Knobs {
        &self.hot.knobs
    }

    pub(crate) fn rules(&self) -> Rules {
        self.hot.knobs.load()
    }

    /// The rules of a half-open cycle: with the permits that it began with.
    pub(crate) fn cycle_rules(&self, word: Word) -> Rules {
        let rules = self.rules();
        let permits = self.changing.permits.load(Ordering::Acquire);
        if (permits >> 32) as u32 == word.generation() {
            let probes = permits as u32;
            Rules { probes, ..rules }
        } else {
            rules
        }
    }

    pub(crate) fn windows(&self) -> &Windows {
        &self.hot.windows
    }

    /// That moment in the breaker's time: nanoseconds since it was made.
    #[inline]
    pub(crate) fn nanos(&self, at: Instant) -> u64 {
        // 584 years fit.
        at.saturating_duration_since(self.origin).as_nanos() as u64
    }

    pub(crate) fn now(&self) -> u64 {
        self.nanos(self.clock.now())
    }

    /// Whether any call is slow, so that it is worth to know when it began.
    pub(crate) fn may_be_slow(&self) -> bool {
        self.hot.knobs.slow_after.load(Ordering::Relaxed) != u64::MAX
    }

    pub(crate) fn opened(&self) -> u32 {
        self.changing.opened.load(Ordering::Relaxed)
    }

    pub(crate) fn run_length(&self) -> u32 {
        self.changing.run.length(self.word().generation())
    }

    pub(crate) fn refused_count(&self) -> u64 {
        self.changing.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn late_count(&self) -> u64 {
        self.changing.late.load(Ordering::Relaxed)
    }

    pub(crate) fn spared_count(&self) -> u64 {
        self.changing.spared.load(Ordering::Relaxed)
    }

    /// The next result is judged, whatever was found before.
    pub(crate) fn disquiet(&self) {
        self.hot.quiet.store(NOT_QUIET, Ordering::Release);
    }

    /// Chance, the same for the same breaker and generation.
    fn dice(&self, generation: u32) -> u32 {
        // SplitMix64: spreads seeds and generations that differ in a bit.
        let mut z = self.seed ^ u64::from(generation).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) as u32
    }
}

/// A mark that no generation and tick have.
const NOT_QUIET: u64 = u64::MAX;

/// Whole milliseconds that have passed.
pub(crate) fn passed(nanos: u64) -> u64 {
    (nanos / 1_000_000).min(NEVER)
}

/// Whole milliseconds that have begun: what lasts from here is not a part of one too short.
pub(crate) fn begun(nanos: u64) -> u64 {
    nanos.div_ceil(1_000_000).min(NEVER)
}

/// The time from `now` to a deadline.
pub(crate) fn left(deadline: u64, now: u64) -> Option<Duration> {
    (deadline != NEVER)
        .then(|| Duration::from_nanos((deadline.saturating_mul(1_000_000)).saturating_sub(now)))
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(fleet) = self.fleet.take() {
            fleet.leave(self.word().state().is_out());
        }
    }
}
