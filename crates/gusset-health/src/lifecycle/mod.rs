//! The life cycle of a service, as a value.

mod plan;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::Heartbeat;

pub(crate) use self::plan::{Plan, PlanBuilder};

/// Where a service is in its life. It goes from each to a later one, and never back.
///
/// ```
/// use gusset_health::Phase;
///
/// assert!(Phase::Draining > Phase::Ready);
/// assert_eq!(Phase::Draining.as_str(), "draining");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Not ready yet: migrating, filling caches.
    Starting,
    /// At work. Whether it is ready, its checks say.
    Ready,
    /// Told to end, and not ready for that reason; it serves on while the word spreads.
    Draining,
    /// The listener is closed; calls under way finish.
    Stopping,
    /// All is done.
    Stopped,
}

/// A handle to the life cycle of a service: tells where it is, and moves it on.
///
/// ```
/// use gusset_health::{Health, Phase};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let life = health.lifecycle();
/// assert_eq!(life.phase(), Phase::Starting);
///
/// life.progress("migration 3 of 7");
/// assert!(!health.is_ready());
/// life.started();
/// assert!(health.is_ready());
///
/// // By hand, for a while:
/// life.hold("re-indexing");
/// assert!(!health.is_ready());
/// life.release();
/// assert!(health.is_ready());
///
/// // As a signal does it. There is no way back.
/// life.drain();
/// life.started();
/// assert_eq!(life.phase(), Phase::Draining);
/// assert!(!health.is_ready());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Lifecycle(Arc<Life>);

struct Life {
    state: watch::Sender<State>,
    progress: Mutex<Option<Cow<'static, str>>>,
    /// The sign of life of a start that has a deadline. Touched under the lock of `state` alone, so
    /// that a start that is done is never waited for again.
    start: Option<Heartbeat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) phase: Phase,
    /// Held back by hand.
    pub(crate) held: bool,
    /// Waits are cut short.
    pub(crate) hurry: bool,
    /// The time for calls under way is up.
    pub(crate) overdue: bool,
}

// === impl Phase ===

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Starting,
        Self::Ready,
        Self::Draining,
        Self::Stopping,
        Self::Stopped,
    ];

    /// The phase as a label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Lifecycle ===

impl Lifecycle {
    pub(crate) fn new(start: Option<Heartbeat>) -> Self {
        let state = State {
            phase: Phase::Starting,
            held: false,
            hurry: false,
            overdue: false,
        };
        Self(Arc::new(Life {
            state: watch::Sender::new(state),
            progress: Mutex::new(None),
            start,
        }))
    }

    /// Where the service is.
    pub fn phase(&self) -> Phase {
        self.state().phase
    }

    /// The start is done: from now on the checks decide. Does nothing after the start.
    pub fn started(&self) {
        self.advance(Phase::Ready);
    }

    /// Says what the service is doing; a text of the operators' own, seen in the details. While it
    /// starts, a word of progress begins the
    /// [`start_deadline`](crate::HealthBuilder::start_deadline) anew.
    pub fn progress(&self, doing: impl Into<Cow<'static, str>>) {
        *self.doing() = Some(doing.into());
        self.starting();
    }

    /// Holds the service back: not ready, and serving on, until [`release`](Self::release).
    pub fn hold(&self, why: impl Into<Cow<'static, str>>) {
        self.progress(why);
        self.change(|state| state.held = true);
    }

    /// Lets the service be ready again.
    pub fn release(&self) {
        *self.doing() = None;
        self.change(|state| state.held = false);
    }

    /// Begins the shutdown, as the first SIGTERM does. There is no way back.
    pub fn drain(&self) {
        self.advance(Phase::Draining);
    }

    /// Begins the shutdown and skips its waits, as a second signal does.
    pub fn hurry(&self) {
        self.change(|state| {
            state.phase = state.phase.max(Phase::Draining);
            state.hurry = true;
        });
    }

    pub(crate) fn advance(&self, to: Phase) {
        self.change(|state| state.phase = state.phase.max(to));
    }

    /// The start goes on.
    pub(crate) fn starting(&self) {
        if let Some(start) = &self.0.start {
            self.0.state.send_if_modified(|state| {
                if state.phase == Phase::Starting {
                    start.beat();
                }
                false
            });
        }
    }

    pub(crate) fn overdue(&self) {
        self.change(|state| state.overdue = true);
    }

    pub(crate) fn state(&self) -> State {
        *self.0.state.borrow()
    }

    pub(crate) fn doing_now(&self) -> Option<Cow<'static, str>> {
        self.doing().clone()
    }

    /// Ready when the state is one of those that `wanted` says.
    pub(crate) async fn until(&self, wanted: impl FnMut(&State) -> bool) -> State {
        let mut states = self.0.state.subscribe();
        let state = states.wait_for(wanted).await;
        *state.expect("the sender lives in `self`")
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.state.send_if_modified(|state| {
            let before = *state;
            change(state);
            if state.phase > Phase::Starting {
                self.0.start.iter().for_each(Heartbeat::retire);
            }
            before != *state
        });
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, Option<Cow<'static, str>>> {
        let doing = self.0.progress.lock();
        doing.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.state(), f)
    }
}
