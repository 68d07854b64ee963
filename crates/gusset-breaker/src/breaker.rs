//! The handle of a breaker.

use std::fmt;
use std::time::Duration;

use crate::anchor::Anchors;
use crate::builder::BreakerBuilder;
use crate::machine::{Move, Rules, Word};
use crate::shared::SHAPES;
use crate::sync::lock;
use crate::{Config, ConfigError, Counts, Open, Permit, Reason, State, Transitions};

/// A circuit breaker: refuses calls to a service that fails, and finds out by itself when it does so
/// no longer.
///
/// A handle: clones share the state, and so do all layers and guards that are made of it. Whatever
/// it does is done at once, from any thread; what it reads, it reads without a lock.
///
/// ```
/// use gusset_breaker::{Breaker, Config, State, Vote};
///
/// let breaker = Breaker::builder("stock").config(Config::in_a_row(3)).build()?;
/// for _ in 0..3 {
///     breaker.try_acquire()?.vote(Vote::Failure);
/// }
/// assert_eq!(breaker.state(), State::Open);
/// assert!(breaker.try_acquire().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Breaker {
    anchors: Anchors,
}

// === impl Breaker ===

impl Breaker {
    /// Configures a breaker of that name, which its events, its metrics and its refusals bear.
    pub fn builder(name: impl Into<String>) -> BreakerBuilder {
        BreakerBuilder::new(name.into())
    }

    pub(crate) fn from_anchors(anchors: Anchors) -> Self {
        Self { anchors }
    }

    #[inline]
    pub(crate) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Whether this handle is the only one, and no call is under way.
    pub(crate) fn is_unshared(&self) -> bool {
        self.anchors.is_unshared()
    }

    #[inline]
    pub(crate) fn core(&self) -> &crate::shared::Core {
        self.anchors.core()
    }

    /// A permit for one call that no layer watches.
    ///
    /// # Errors
    /// [`Open`], if the breaker refuses.
    pub fn try_acquire(&self) -> Result<Permit, Open> {
        let core = self.core();
        match core.admit(|| core.now()) {
            Ok(generation) => Ok(Permit::new(self.anchors.take(), generation)),
            Err(shut) => Err(Open::new(core, shut)),
        }
    }

    /// Makes the moves that time asks for without any call: ends a half-open time that is over, and
    /// with [`auto_half_open`](Config::auto_half_open) an open one. Nobody has to call it: calls and
    /// their results do the same.
    pub fn tick(&self) {
        let core = self.core();
        core.pass_time(core.now());
    }
}

/// What it is like. Reading changes nothing.
impl Breaker {
    /// The breaker's name.
    pub fn name(&self) -> &str {
        &self.core().name
    }

    /// The state as it is stored.
    pub fn state(&self) -> State {
        self.core().word().state()
    }

    /// Whether a call would be admitted now. What `state` says is stored is not enough to ask
    /// before a call: an open breaker becomes half-open only by one.
    ///
    /// ```
    /// use gusset_breaker::Breaker;
    ///
    /// let breaker = Breaker::builder("stock").build()?;
    /// assert!(breaker.would_admit());
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn would_admit(&self) -> bool {
        let core = self.core();
        core.word().is_closed() || core.would_refuse(core.now()).is_none()
    }

    /// The time until an open breaker may be probed; `None` if it is not open, or forced open.
    pub fn time_left(&self) -> Option<Duration> {
        let core = self.core();
        let word = core.word();
        if word.state() != State::Open {
            return None;
        }
        crate::shared::left(word.deadline(), core.now())
    }

    /// What the window holds. Nothing, unless calls are counted: closed or observing.
    pub fn counts(&self) -> Counts {
        let core = self.core();
        core.counts(core.now())
    }

    /// Failures in a row, if there is a rule for them.
    pub fn failures_in_a_row(&self) -> u32 {
        self.core().run_length()
    }

    /// Permits that a half-open breaker has left; `None` if it is not half-open.
    pub fn probes_left(&self) -> Option<u32> {
        let core = self.core();
        let word = core.word();
        if word.state() != State::HalfOpen {
            return None;
        }
        let probes = core.probes(word)?;
        Some(core.cycle_rules(word).probes.saturating_sub(probes.issued))
    }

    /// Calls that were admitted and have not ended.
    pub fn in_flight(&self) -> usize {
        self.anchors.held()
    }

    /// Calls that were refused, since it was made.
    pub fn refused(&self) -> u64 {
        self.core().refused_count()
    }

    /// Results that came after the state had changed, since it was made. They are not counted.
    pub fn late_results(&self) -> u64 {
        self.core().late_count()
    }

    /// How often it would have opened, but only observes, or too many of its registry were open.
    pub fn spared(&self) -> u64 {
        self.core().spared_count()
    }

    /// The configuration that is in use. Waits for who changes it, no longer.
    pub fn config(&self) -> Config {
        lock(&self.core().config).clone()
    }

    /// Its transitions from now on, in their order.
    pub fn transitions(&self) -> Transitions {
        self.core().journal.read()
    }
}

/// What a hand may do.
impl Breaker {
    /// Opens it, as if a rule had: it recovers by itself. If it is open, its time begins anew.
    pub fn trip(&self) {
        self.move_by_hand(|core, word, rules| {
            let again = u32::from(word.state() != State::Open);
            let opened = (core.opened() + again).max(1);
            let now = crate::shared::begun(core.now());
            Some(rules.open(Reason::Manual, now, opened, None, 0))
        });
    }

    /// Closes it, with an empty window.
    pub fn close(&self) {
        self.move_by_hand(|_, _, _| Some(Move::to(State::Closed, Reason::Manual)));
    }

    /// Starts it anew: closed, with an empty window, whatever it was.
    pub fn reset(&self) {
        self.move_by_hand(|_, _, _| Some(Move::to(State::Closed, Reason::Reset)));
    }

    /// Refuses all calls until a hand says otherwise. Time does not end it.
    pub fn force_open(&self) {
        self.enter(State::ForcedOpen);
    }

    /// Admits all calls and counts nothing.
    pub fn disable(&self) {
        self.enter(State::Disabled);
    }

    /// Admits all calls, counts them, and tells when it would have opened, once until a hand says
    /// otherwise: the way to try rules on real traffic.
    pub fn observe(&self) {
        self.enter(State::Observing);
    }

    /// Changes the rules without losing the state: limits hold for the next result, times and
    /// probes for the next transition. A window of another shape starts empty, in the same state; one breaker may
    /// have four shapes in its life.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, Config};
    ///
    /// let breaker = Breaker::builder("stock").build()?;
    /// breaker.reconfigure(breaker.config().failure_rate(0.2))?;
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Names the field that cannot be used; nothing has changed then.
    pub fn reconfigure(&self, config: Config) -> Result<(), ConfigError> {
        let rules = config.check()?;
        let core = self.core();
        let mut current = lock(&core.config);
        let Some(place) = core.windows().place(config.window) else {
            let why = format!("this breaker has had {SHAPES} shapes; build a new one");
            return Err(ConfigError::new("window", why));
        };
        let reshaped = current.window != config.window;
        core.knobs().store(&rules);
        core.windows().use_place(place);
        *current = config;
        drop(current);
        core.disquiet();
        if reshaped {
            // Results of the old shape are of an earlier generation.
            core.by_hand(|word| {
                let same = Move {
                    deadline: word.deadline(),
                    ..Move::to(word.state(), Reason::Reconfigured)
                };
                word.state().counts().then_some(same)
            });
        }
        core.waiters.wake();
        Ok(())
    }

    fn enter(&self, state: State) {
        self.move_by_hand(|core, word, _| {
            // Forced open, it is as far from closed as it was.
            let opened = if state == State::ForcedOpen {
                core.opened()
            } else {
                0
            };
            let next = Move {
                opened,
                ..Move::to(state, Reason::Manual)
            };
            (word.state() != state).then_some(next)
        });
    }

    fn move_by_hand(&self, to: impl Fn(&crate::shared::Core, Word, &Rules) -> Option<Move>) {
        let core = self.core();
        core.by_hand(|word| to(core, word, &core.rules()));
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
