//! The handle of a breaker.

use std::fmt;
use std::time::Duration;

use crate::machine::{Move, PackedState, Rules};
use crate::sharded_arc::ShardedArc;
use crate::shared::{Core, MAX_WINDOW_SHAPES};
use crate::sync::lock;
use crate::{CircuitOpen, Config, ConfigError, Counts, Permit, Reason, State, TransitionStream};

/// A circuit breaker: rejects calls to a failing service, and probes it until it recovers.
///
/// Clones, layers and admissions of one breaker share its state. No method waits, except for
/// concurrent callers of [`reconfigure`](Self::reconfigure) and [`config`](Self::config).
///
/// ```
/// use gusset_breaker::{CallResult, CircuitBreaker, Config, State};
///
/// let breaker = CircuitBreaker::builder("stock").config(Config::consecutive(3)).build()?;
/// for _ in 0..3 {
///     breaker.try_acquire()?.record(CallResult::Failure);
/// }
/// assert_eq!(breaker.state(), State::Open);
/// assert!(breaker.try_acquire().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreaker {
    sharded: ShardedArc,
}

// === impl CircuitBreaker ===

impl CircuitBreaker {
    pub(crate) fn from_sharded(sharded: ShardedArc) -> Self {
        Self { sharded }
    }

    #[inline]
    pub(crate) fn sharded(&self) -> &ShardedArc {
        &self.sharded
    }

    /// Returns whether this is the only handle and no call is in progress.
    pub(crate) fn is_unique(&self) -> bool {
        self.sharded.is_unique()
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        self.sharded.core()
    }

    /// Acquires a permit for one call without a layer.
    ///
    /// # Errors
    /// [`CircuitOpen`] if the breaker rejects the call.
    pub fn try_acquire(&self) -> Result<Permit, CircuitOpen> {
        let core = self.core();
        match core.admit(|| core.now()) {
            Ok(generation) => Ok(Permit::new(self.sharded.local(), generation)),
            Err(denied) => Err(CircuitOpen::new(core, denied)),
        }
    }

    /// Makes the transitions that are due without a call.
    ///
    /// Ends an expired half-open state, and with [`auto_half_open`](Config::auto_half_open) an expired
    /// open state. Optional: calls and their results do the same.
    pub fn tick(&self) {
        let core = self.core();
        core.apply_timeouts(core.now());
    }
}

/// Inspection. Does not change the state.
impl CircuitBreaker {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.core().name
    }

    /// Returns the stored state. An expired open state is still [`State::Open`] until the next call.
    pub fn state(&self) -> State {
        self.core().packed().state()
    }

    /// Returns whether a call would be admitted now.
    ///
    /// Unlike [`state`](Self::state), takes into account that the open state may have expired.
    ///
    /// ```
    /// use gusset_breaker::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::builder("stock").build()?;
    /// assert!(breaker.is_call_permitted());
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn is_call_permitted(&self) -> bool {
        let core = self.core();
        core.packed().is_closed() || core.denial(core.now()).is_none()
    }

    /// Returns the time until an open breaker admits its first half-open call.
    ///
    /// `None` in every other state, including forced open.
    pub fn remaining_open(&self) -> Option<Duration> {
        let core = self.core();
        let packed = core.packed();
        if packed.state() != State::Open {
            return None;
        }
        crate::shared::remaining(packed.deadline(), core.now())
    }

    /// Returns the counts of the window. They are zero unless the breaker is closed or in a dry run.
    pub fn counts(&self) -> Counts {
        let core = self.core();
        core.counts(core.now())
    }

    /// Returns the number of consecutive failures. Zero unless
    /// [`consecutive_failures`](Config::consecutive_failures) is set.
    pub fn consecutive_failures(&self) -> u32 {
        self.core().consecutive_failures()
    }

    /// Returns the free permits of a half-open breaker. `None` in every other state.
    pub fn half_open_permits(&self) -> Option<u32> {
        let core = self.core();
        let packed = core.packed();
        if packed.state() != State::HalfOpen {
            return None;
        }
        let probes = core.probes(packed)?;
        let permits = core.cycle_rules(packed).half_open_calls;
        Some(permits.saturating_sub(probes.issued))
    }

    /// Returns the number of admitted calls in progress.
    pub fn in_flight(&self) -> usize {
        self.sharded.in_flight()
    }

    /// Returns the number of rejected calls since the breaker was built.
    pub fn rejected(&self) -> u64 {
        self.core().rejected_count()
    }

    /// Returns the number of stale results since the breaker was built.
    ///
    /// A result is stale if the state has changed since its call was admitted. Stale results are not
    /// counted in the window.
    pub fn stale_results(&self) -> u64 {
        self.core().stale_count()
    }

    /// Returns how often the breaker would have opened and did not.
    ///
    /// The reason is a dry run, or the
    /// [`max_open_ratio`](crate::BreakerRegistryBuilder::max_open_ratio) of the registry.
    pub fn suppressed_trips(&self) -> u64 {
        self.core().suppressed_count()
    }

    /// Returns how often a function of the user has panicked: the classifier, the recorder of metrics, the
    /// subscriber of events, the response to a rejection, the timer of a readiness gate.
    ///
    /// Such a panic does not reach the call. Its result is not counted, the metric or event is lost, or
    /// the gate is ready. Only that of a response to a rejection goes on, like one of a handler.
    pub fn panics(&self) -> u64 {
        self.core().panics.count()
    }

    /// Returns the current configuration. Waits while another thread reconfigures the breaker.
    pub fn config(&self) -> Config {
        lock(&self.core().config).clone()
    }

    /// Subscribes to the transitions from now on, in order.
    pub fn transitions(&self) -> TransitionStream {
        self.core().events.subscribe()
    }
}

/// Manual control.
impl CircuitBreaker {
    /// Opens the breaker as a rule would. It recovers on its own.
    ///
    /// If it is already open, the open duration starts again.
    pub fn trip(&self) {
        self.transition_manually(|core, packed, rules| {
            let first = u32::from(packed.state() != State::Open);
            let times_opened = (core.times_opened() + first).max(1);
            let now = crate::shared::ceil_millis(core.now());
            Some(rules.open(Reason::Manual, now, times_opened, None, 0))
        });
    }

    /// Closes the breaker, with an empty window.
    pub fn close(&self) {
        self.transition_manually(|_, _, _| Some(Move::to(State::Closed, Reason::Manual)));
    }

    /// Closes the breaker like [`close`](Self::close), with [`Reason::Reset`].
    pub fn reset(&self) {
        self.transition_manually(|_, _, _| Some(Move::to(State::Closed, Reason::Reset)));
    }

    /// Rejects all calls until the state is changed manually. Has no timeout.
    pub fn force_open(&self) {
        self.enter(State::ForcedOpen);
    }

    /// Admits all calls and counts nothing.
    pub fn disable(&self) {
        self.enter(State::Disabled);
    }

    /// Starts a dry run: admits every call, and reports once when the breaker would have opened.
    ///
    /// Use it to test a configuration with real traffic. Lasts until the state is changed manually.
    pub fn dry_run(&self) {
        self.enter(State::DryRun);
    }

    /// Changes the configuration and keeps the state.
    ///
    /// Thresholds apply to the next result, durations and half-open calls to the next transition. A
    /// new window shape starts empty, in the same state. A breaker can have at most four window shapes.
    ///
    /// ```
    /// use gusset_breaker::{CircuitBreaker, Config};
    ///
    /// let breaker = CircuitBreaker::builder("stock").build()?;
    /// breaker.reconfigure(breaker.config().failure_rate_threshold(0.2))?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// The setting is invalid. Nothing has changed.
    pub fn reconfigure(&self, config: Config) -> Result<(), ConfigError> {
        let rules = config.check()?;
        let core = self.core();
        let mut current = lock(&core.config);
        let Some(slot) = core.windows().slot(config.window) else {
            let reason = format!("at most {MAX_WINDOW_SHAPES} shapes per breaker; build a new one");
            return Err(ConfigError::new("window", reason));
        };
        let reshaped = current.window != config.window;
        core.atomic_rules().store(&rules);
        core.windows().select(slot);
        *current = config;
        drop(current);
        core.invalidate();
        if reshaped {
            // A new generation, so that results of the old shape are stale.
            core.transition_manually(|packed| {
                let same_state = Move {
                    deadline: packed.deadline(),
                    ..Move::to(packed.state(), Reason::Reconfigured)
                };
                packed.state().counts_results().then_some(same_state)
            });
        }
        core.waiters.wake_all();
        Ok(())
    }

    fn enter(&self, state: State) {
        self.transition_manually(|core, packed, _| {
            // Forcing it open does not reset the backoff.
            let times_opened = if state == State::ForcedOpen {
                core.times_opened()
            } else {
                0
            };
            let next = Move {
                times_opened,
                ..Move::to(state, Reason::Manual)
            };
            (packed.state() != state).then_some(next)
        });
    }

    fn transition_manually(&self, to: impl Fn(&Core, PackedState, &Rules) -> Option<Move>) {
        let core = self.core();
        core.transition_manually(|packed| to(core, packed, &core.rules()));
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
