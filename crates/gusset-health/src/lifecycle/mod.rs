//! The life cycle of a service.

mod phase;
mod shutdown_timeouts;
mod start_steps;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_core::Clock;
use gusset_data::Redaction;
use tokio::sync::watch;

pub use self::phase::Phase;
pub(crate) use self::shutdown_timeouts::{ShutdownTimeouts, ShutdownTimeoutsBuilder};
pub(crate) use self::start_steps::StartStep;
use self::start_steps::StartSteps;
use crate::Heartbeat;
use crate::status::redact;

/// A handle to the life cycle of a service: reads its phase and changes it.
///
/// ```
/// use gusset_health::{Health, Phase};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let lifecycle = health.lifecycle();
/// assert_eq!(lifecycle.phase(), Phase::Starting);
///
/// lifecycle.report_progress("migration 3 of 7");
/// assert!(!health.is_ready());
/// lifecycle.mark_started();
/// assert!(health.is_ready());
///
/// // Manually, for a while:
/// lifecycle.set_unready("re-indexing");
/// assert!(!health.is_ready());
/// lifecycle.clear_unready();
/// assert!(health.is_ready());
///
/// // A shutdown cannot be undone.
/// lifecycle.begin_shutdown();
/// lifecycle.mark_started();
/// assert_eq!(lifecycle.phase(), Phase::Draining);
/// assert!(!health.is_ready());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Lifecycle(Arc<LifecycleInner>);

struct LifecycleInner {
    state: watch::Sender<LifecycleState>,
    /// A copy of `state.phase` for the path of requests: reading it takes no lock and writes no shared
    /// cache line. Written while `state` is locked.
    phase: AtomicU8,
    /// What the service is doing, for detailed responses and systemd.
    activity: Mutex<Option<Cow<'static, str>>>,
    redaction: Redaction,
    /// The heartbeat of a start with a deadline. Used only while `state` is locked, so that it never
    /// beats again once the start is complete.
    start: Option<Heartbeat>,
    steps: StartSteps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LifecycleState {
    pub(crate) phase: Phase,
    /// Set by `set_unready`.
    pub(crate) manually_unready: bool,
    /// The waits of the shutdown are skipped.
    pub(crate) forced: bool,
    /// The deadline for requests in flight has passed.
    pub(crate) deadline_passed: bool,
}

// === impl Lifecycle ===

impl Lifecycle {
    pub(crate) fn new(start: Option<Heartbeat>, redaction: Redaction, clock: Clock) -> Self {
        let state = LifecycleState {
            phase: Phase::Starting,
            manually_unready: false,
            forced: false,
            deadline_passed: false,
        };
        Self(Arc::new(LifecycleInner {
            state: watch::Sender::new(state),
            phase: AtomicU8::new(state.phase as u8),
            activity: Mutex::new(None),
            redaction,
            start,
            steps: StartSteps::new(clock),
        }))
    }

    /// Returns the current phase. Costs one atomic load.
    pub fn phase(&self) -> Phase {
        // Acquire pairs with the release store in `update`.
        let index = usize::from(self.0.phase.load(Ordering::Acquire));
        Phase::ALL.get(index).copied().unwrap_or(Phase::Stopped)
    }

    /// Marks the start as complete, so that the checks determine readiness. Has no effect in later
    /// phases.
    pub fn mark_started(&self) {
        self.advance_to(Phase::Ready);
    }

    /// Reports what the service is doing. Detailed responses show the text, without its secrets.
    ///
    /// While the service starts, this also restarts the
    /// [`start_deadline`](crate::HealthBuilder::start_deadline), and begins a step of the start. What health shows of its
    /// state has the durations of the steps.
    pub fn report_progress(&self, activity: impl Into<Cow<'static, str>>) {
        let activity = redact(&self.0.redaction, activity.into());
        self.0.steps.begin(activity.clone());
        *self.lock_activity() = Some(activity);
        self.extend_start();
    }

    /// Makes the service unready until [`clear_unready`](Self::clear_unready). Requests are still
    /// served. Detailed responses show the reason.
    pub fn set_unready(&self, reason: impl Into<Cow<'static, str>>) {
        self.report_progress(reason);
        self.update(|state| state.manually_unready = true);
    }

    /// Reverts [`set_unready`](Self::set_unready).
    pub fn clear_unready(&self) {
        *self.lock_activity() = None;
        self.update(|state| state.manually_unready = false);
    }

    /// Begins the shutdown, like the first SIGTERM. It cannot be undone.
    pub fn begin_shutdown(&self) {
        self.advance_to(Phase::Draining);
    }

    /// Begins the shutdown and skips its waits, like a second SIGTERM.
    pub fn force_shutdown(&self) {
        self.update(|state| {
            state.phase = state.phase.max(Phase::Draining);
            state.forced = true;
        });
    }

    /// Returns a future that completes when the shutdown begins, before the drain delay.
    ///
    /// Use it to end response streams that have no end of their own, such as server-sent events. Otherwise
    /// they are open until the deadline, and count as unfinished requests: the process exits with 1 at
    /// each deployment. Their clients reconnect to another instance. `Lifecycle` is cheap to clone, so a
    /// handler can have one in its state.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset_health::ConfigError> {
    /// let health = gusset_health::Health::builder().build()?;
    /// let lifecycle = health.lifecycle().clone();
    /// // In a handler: `Sse::new(events.take_until(lifecycle.draining()))`, with `futures_util`.
    /// health.lifecycle().begin_shutdown();
    /// lifecycle.draining().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn draining(&self) -> impl Future<Output = ()> + Send + use<> {
        self.clone().reach(Phase::Draining)
    }

    /// Waits until the phase is this one or a later one.
    pub(crate) async fn reach(self, phase: Phase) {
        self.wait_for(|state| state.phase >= phase).await;
    }

    pub(crate) fn advance_to(&self, phase: Phase) {
        self.update(|state| state.phase = state.phase.max(phase));
    }

    /// Restarts the deadline of the start.
    pub(crate) fn extend_start(&self) {
        if let Some(start) = &self.0.start {
            self.0.state.send_if_modified(|state| {
                if state.phase == Phase::Starting {
                    start.beat();
                }
                false
            });
        }
    }

    pub(crate) fn mark_deadline_passed(&self) {
        self.update(|state| state.deadline_passed = true);
    }

    pub(crate) fn state(&self) -> LifecycleState {
        *self.0.state.borrow()
    }

    /// Returns the steps of the start.
    pub(crate) fn start_steps(&self) -> Vec<StartStep> {
        self.0.steps.steps()
    }

    pub(crate) fn activity(&self) -> Option<Cow<'static, str>> {
        self.lock_activity().clone()
    }

    /// Waits until the predicate is true and returns the state.
    pub(crate) async fn wait_for(
        &self,
        predicate: impl FnMut(&LifecycleState) -> bool,
    ) -> LifecycleState {
        let mut states = self.0.state.subscribe();
        let state = states.wait_for(predicate).await;
        *state.expect("the sender lives in `self`")
    }

    fn update(&self, update: impl FnOnce(&mut LifecycleState)) {
        self.0.state.send_if_modified(|state| {
            let before = *state;
            update(state);
            self.0.phase.store(state.phase as u8, Ordering::Release);
            if state.phase > Phase::Starting {
                self.0.start.iter().for_each(Heartbeat::stop);
                self.0.steps.complete();
            }
            before != *state
        });
    }

    fn lock_activity(&self) -> MutexGuard<'_, Option<Cow<'static, str>>> {
        let activity = self.0.activity.lock();
        activity.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.state(), f)
    }
}
