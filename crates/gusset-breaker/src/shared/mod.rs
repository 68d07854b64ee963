//! The state machine in atomics, shared by all threads without a lock.
//!
//! One word decides admission. Every transition is one compare-and-swap of that word, and the thread
//! that made it does everything else: events, metrics, wakers. A result is counted only in the
//! generation that admitted its call.

mod accepted;
mod admit;
mod atomic_rules;
mod open_budget;
mod record;
mod shard;
mod transition;
mod window_slots;

use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_core::{Clock, ErrorStatuses, PanicCounter};

use crate::config::Config;
use crate::events::EventLog;
use crate::machine::{NEVER, PackedState, Rules};
use crate::metrics::Metrics;
use crate::sync::{AtomicU32, AtomicU64, Mutex, Ordering};
use crate::waiters::Waiters;
use crate::window::ConsecutiveFailures;

pub(crate) use self::admit::Denied;
pub(crate) use self::atomic_rules::AtomicRules;
pub(crate) use self::open_budget::OpenBudget;
#[cfg(all(test, loom))]
pub(crate) use self::shard::set_shard_index;
pub(crate) use self::shard::{default_shards, shard_index};
pub(crate) use self::window_slots::{MAX_WINDOW_SHAPES, WindowSlots};

/// The shared state of a breaker.
///
/// [`ReadMostly`] and [`WriteHot`] are on different cache lines, so that rejected calls and failures
/// do not slow down the reads of every call.
#[derive(Debug)]
pub(crate) struct Core {
    read_mostly: ReadMostly,
    write_hot: WriteHot,
    pub(crate) name: Arc<str>,
    pub(crate) clock: Clock,
    /// The statuses that are failures, if they are set.
    pub(crate) error_statuses: Option<ErrorStatuses>,
    origin: Instant,
    pub(crate) config: Mutex<Config>,
    pub(crate) events: EventLog,
    pub(crate) waiters: Waiters,
    pub(crate) metrics: Option<Box<Metrics>>,
    /// The panics of the user's classifier, key extractor, recorder and subscriber.
    pub(crate) panics: PanicCounter,
    open_budget: Option<Arc<OpenBudget>>,
    seed: u64,
    /// The trips of a dry run. Not in [`WriteHot`], which fills its cache line.
    suppressed: AtomicU64,
}

/// Read by every call, and rarely written.
#[derive(Debug)]
#[repr(align(64))]
struct ReadMostly {
    packed: AtomicU64,
    rules: AtomicRules,
    windows: WindowSlots,
    /// The generation and tick in which the window had enough calls and was below its thresholds. A
    /// success in the same tick cannot open the breaker, so the window is not evaluated again.
    evaluated: AtomicU64,
}

/// Written by failed, rejected and half-open calls.
#[derive(Debug)]
#[repr(align(64))]
struct WriteHot {
    probes: AtomicU64,
    /// The permits of a half-open cycle: `generation:32 | permits:32`.
    permits: AtomicU64,
    /// The half-open calls in progress with good headers: `generation:32 | calls:32`.
    accepted: AtomicU64,
    consecutive: ConsecutiveFailures,
    /// How often the breaker has opened since it was last closed.
    times_opened: AtomicU32,
    /// The last generation with a suppressed trip, plus one.
    suppressed_in: AtomicU32,
    rejected: AtomicU64,
    stale: AtomicU64,
    /// Calls cancelled before their response headers in a minute: `minute:32 | calls:32`.
    cancelled: AtomicU64,
}

/// The parameters of [`Core::new`].
pub(crate) struct Parts {
    pub(crate) name: Arc<str>,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// The statuses that are failures, if they are set.
    pub(crate) error_statuses: Option<ErrorStatuses>,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) panics: PanicCounter,
    pub(crate) open_budget: Option<Arc<OpenBudget>>,
    pub(crate) state: crate::State,
    pub(crate) shards: usize,
    pub(crate) seed: u64,
}

/// A mark that no generation and tick have.
const NOT_EVALUATED: u64 = u64::MAX;

// === impl Core ===

impl Core {
    pub(crate) fn new(parts: Parts, rules: &Rules) -> Self {
        let Parts {
            name,
            config,
            clock,
            error_statuses,
            metrics,
            panics,
            open_budget,
            state,
            shards,
            seed,
        } = parts;
        if let Some(budget) = &open_budget {
            budget.join();
        }
        Self {
            read_mostly: ReadMostly {
                packed: AtomicU64::new(PackedState::new(state, 0, NEVER).bits()),
                rules: AtomicRules::new(rules),
                windows: WindowSlots::new(config.window, shards),
                evaluated: AtomicU64::new(NOT_EVALUATED),
            },
            write_hot: WriteHot {
                probes: AtomicU64::new(0),
                permits: AtomicU64::new(0),
                accepted: AtomicU64::new(0),
                consecutive: ConsecutiveFailures::default(),
                times_opened: AtomicU32::new(0),
                suppressed_in: AtomicU32::new(0),
                rejected: AtomicU64::new(0),
                stale: AtomicU64::new(0),
                cancelled: AtomicU64::new(0),
            },
            name,
            origin: clock.now(),
            clock,
            error_statuses,
            config: Mutex::new(config),
            events: EventLog::new(),
            waiters: Waiters::new(),
            metrics: metrics.map(Box::new),
            panics,
            open_budget,
            seed,
            suppressed: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(crate) fn packed(&self) -> PackedState {
        // Acquire: pairs with the exchange in `transition`, so that the permits of a half-open cycle
        // and the cleared window are visible with its generation.
        PackedState::from_bits(self.read_mostly.packed.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn atomic_rules(&self) -> &AtomicRules {
        &self.read_mostly.rules
    }

    pub(crate) fn rules(&self) -> Rules {
        self.read_mostly.rules.load()
    }

    /// Returns the rules of a half-open cycle. It keeps the number of permits that it started with.
    pub(crate) fn cycle_rules(&self, packed: PackedState) -> Rules {
        let rules = self.rules();
        let permits = self.write_hot.permits.load(Ordering::Acquire);
        if (permits >> 32) as u32 == packed.generation() {
            let half_open_calls = permits as u32;
            Rules {
                half_open_calls,
                ..rules
            }
        } else {
            rules
        }
    }

    pub(crate) fn windows(&self) -> &WindowSlots {
        &self.read_mostly.windows
    }

    /// Converts an instant to nanoseconds since the breaker was built. A `u64` holds 584 years.
    #[inline]
    pub(crate) fn nanos(&self, instant: Instant) -> u64 {
        instant.saturating_duration_since(self.origin).as_nanos() as u64
    }

    pub(crate) fn now(&self) -> u64 {
        self.nanos(self.clock.now())
    }

    /// Returns whether slow calls are measured, so that the start of a call is needed.
    pub(crate) fn measures_slow_calls(&self) -> bool {
        self.read_mostly
            .rules
            .slow_threshold
            .load(Ordering::Relaxed)
            != u64::MAX
    }

    pub(crate) fn times_opened(&self) -> u32 {
        self.write_hot.times_opened.load(Ordering::Relaxed)
    }

    pub(crate) fn consecutive_failures(&self) -> u32 {
        self.write_hot.consecutive.get(self.packed().generation())
    }

    pub(crate) fn rejected_count(&self) -> u64 {
        self.write_hot.rejected.load(Ordering::Relaxed)
    }

    pub(crate) fn stale_count(&self) -> u64 {
        self.write_hot.stale.load(Ordering::Relaxed)
    }

    pub(crate) fn suppressed_count(&self) -> u64 {
        self.suppressed.load(Ordering::Relaxed)
    }

    /// Returns what a function of the user returns, or `None` if it panics. The first panic is logged.
    #[inline]
    pub(crate) fn contain<T>(&self, function: impl FnOnce() -> T) -> Option<T> {
        self.panics.catch(function, || report_panic(&self.name))
    }

    /// Counts a panic of a function of the user that the driver has caught.
    pub(crate) fn count_panic(&self) {
        self.panics.add(|| report_panic(&self.name));
    }

    /// Records metrics. The recorder is user code.
    #[inline]
    pub(crate) fn measure(&self, record: impl FnOnce(&Metrics)) {
        if let Some(metrics) = &self.metrics {
            let _ = self.contain(|| record(metrics));
        }
    }

    /// Makes the next result evaluate the window.
    pub(crate) fn invalidate(&self) {
        // Release: the caller has stored the new rules before.
        self.read_mostly
            .evaluated
            .store(NOT_EVALUATED, Ordering::Release);
    }

    /// Returns the random number of a generation. Only transitions use it.
    ///
    /// Derived from the seed without state, so that a seed makes the jitter of tests reproducible
    /// whichever thread makes the transition.
    fn random_u32(&self, generation: u32) -> u32 {
        fastrand::Rng::with_seed(self.seed ^ u64::from(generation) << 32).u32(..)
    }
}

/// Logs the panic of a function of the user.
#[cold]
pub(crate) fn report_panic(name: &str) {
    tracing::error!(
        target: crate::TARGET,
        "{name}: a classifier, key extractor, recorder or response to a rejection panicked; further panics are \
         counted and not logged"
    );
}

/// Converts nanoseconds to completed milliseconds.
pub(crate) fn floor_millis(nanos: u64) -> u64 {
    (nanos / 1_000_000).min(NEVER)
}

/// Converts nanoseconds to milliseconds, rounded up. An open duration that starts here is not too
/// short.
pub(crate) fn ceil_millis(nanos: u64) -> u64 {
    nanos.div_ceil(1_000_000).min(NEVER)
}

/// Returns the time from `now` to a deadline, or `None` without a deadline.
pub(crate) fn remaining(deadline: u64, now: u64) -> Option<Duration> {
    (deadline != NEVER)
        .then(|| Duration::from_nanos((deadline.saturating_mul(1_000_000)).saturating_sub(now)))
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(budget) = self.open_budget.take() {
            budget.leave(self.packed().state().is_tripped());
        }
    }
}
