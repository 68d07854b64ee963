//! The state that all layers of one [`Chaos`](crate::Chaos) share.

use std::fmt;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use gusset_core::PanicCounter;
use gusset_http::PathFilter;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::arming::Guard;
use crate::limits::{LimitState, Limits};
use crate::metrics::Metrics;
use crate::replay::DecisionLog;
use crate::rule::{Matcher, Rule, RuleSet};
use crate::sync::{
    AtomicBool, AtomicU32, AtomicU64, Ordering, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use crate::wait::has_timer;
use crate::{ArmError, Arming, StopReason, TARGET, draw};

/// The state of all layers.
pub(crate) struct Shared {
    /// What a disarmed call reads, and all that it reads.
    is_armed: AtomicBool,
    is_killed: AtomicBool,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) active: Arc<AtomicU32>,
    /// Locked for a few instructions, and never while foreign code runs.
    control: RwLock<Control>,
    guard_panics: PanicCounter,
    #[cfg(feature = "process")]
    pub(crate) has_assault: AtomicBool,
}

pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    pub(crate) environment: Option<String>,
    pub(crate) excluded: PathFilter,
    pub(crate) has_header: bool,
    /// Those of every arming.
    pub(crate) guards: Vec<(String, Guard)>,
}

#[derive(Debug, Default)]
struct Control {
    rules: Arc<RuleSet>,
    session: Option<Session>,
    /// The last one that ended, and why.
    ended: Option<(Session, StopReason)>,
}

/// An arming with the rules that it has now. A call reads it once, so that it is subject to one set of rules.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) armed: Arc<Armed>,
    pub(crate) rules: Arc<[Arc<CountedRule>]>,
}

/// One arming.
pub(crate) struct Armed {
    pub(crate) started: Instant,
    pub(crate) deadline: Instant,
    pub(crate) dry_run: bool,
    pub(crate) limits: LimitState,
    pub(crate) log: DecisionLog,
    /// Becomes `true` when waits in progress must end.
    release: watch::Sender<bool>,
    guards: Vec<(String, Guard)>,
    /// When the guards are due, in milliseconds since the start.
    next_check: AtomicU64,
}

/// A rule with its counts.
#[derive(Debug)]
pub(crate) struct CountedRule {
    pub(crate) rule: Rule,
    pub(crate) matcher: Matcher,
    pub(crate) name: Arc<str>,
    /// Identifies the rule in draws, whatever its place.
    pub(crate) id: u64,
    /// The number of calls that met the conditions.
    pub(crate) ordinals: AtomicU64,
    pub(crate) matched: AtomicU64,
    pub(crate) injected: AtomicU64,
    pub(crate) skipped: AtomicU64,
}

/// The counts of a rule since the layer was armed, or since the rules were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "control", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RuleCounts {
    /// The name of the rule.
    pub rule: String,
    /// The calls that met the conditions.
    pub candidates: u64,
    /// The calls of these that the rule has picked, and no rule above it.
    pub matched: u64,
    /// The calls of these into which a fault was injected.
    pub injected: u64,
    /// The calls of these that were served without: over a limit, in a dry run, or by a layer that cannot inject
    /// the fault.
    pub skipped: u64,
}

const GUARD_INTERVAL: Duration = Duration::from_secs(1);

// === impl Shared ===

impl Shared {
    pub(crate) fn new(settings: Settings, rules: RuleSet, metrics: Metrics) -> Self {
        Self {
            is_armed: AtomicBool::new(false),
            is_killed: AtomicBool::new(false),
            settings,
            metrics,
            active: Arc::default(),
            control: RwLock::new(Control {
                rules: Arc::new(rules),
                ..Control::default()
            }),
            guard_panics: PanicCounter::new(),
            #[cfg(feature = "process")]
            has_assault: AtomicBool::new(false),
        }
    }

    /// Returns whether calls may be hit. It is the whole cost of a call that is not.
    #[inline]
    pub(crate) fn is_armed(&self) -> bool {
        // Relaxed: what an armed call reads is behind the lock.
        self.is_armed.load(Ordering::Relaxed)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed.load(Ordering::Relaxed)
    }

    pub(crate) fn rules(&self) -> Arc<RuleSet> {
        self.read().rules.clone()
    }

    pub(crate) fn set_rules(&self, rules: RuleSet) {
        let counted = count(&rules);
        let mut control = self.write();
        control.rules = Arc::new(rules);
        if let Some(session) = &mut control.session {
            session.rules = counted;
        }
    }

    pub(crate) fn arm(self: &Arc<Self>, arming: Arming) -> Result<Arc<Armed>, ArmError> {
        arming.check(self.settings.environment.as_deref())?;
        let Arming {
            time_limit,
            dry_run,
            production,
            mut guards,
        } = arming;
        guards.extend(self.settings.guards.iter().cloned());
        if let Some((name, reason)) = self.violated(&guards) {
            return Err(ArmError::Guard { name, reason });
        }
        // Ends one whose time is over.
        self.session();
        let started = Instant::now();
        let armed = Arc::new(Armed {
            started,
            deadline: started + time_limit,
            dry_run,
            limits: LimitState::new(self.settings.limits.clone(), self.active.clone()),
            log: DecisionLog::default(),
            release: watch::Sender::new(false),
            guards,
            next_check: AtomicU64::new(millis(GUARD_INTERVAL)),
        });
        let mut control = self.write();
        // Within the lock, which `kill` takes after it has set the flag.
        if self.is_killed() {
            return Err(ArmError::Killed);
        }
        if control.session.is_some() {
            return Err(ArmError::Armed);
        }
        let rules = count(&control.rules);
        let armed_rules = rules.len();
        control.session = Some(Session {
            armed: armed.clone(),
            rules,
        });
        self.is_armed.store(true, Ordering::Relaxed);
        drop(control);
        self.publish_armed();
        let environment = self.settings.environment.as_deref().unwrap_or("not set");
        tracing::warn!(
            target: TARGET,
            rules = armed_rules,
            seed = self.settings.seed,
            seconds = time_limit.as_secs(),
            dry_run,
            environment,
            reason = production.as_deref(),
            "faults are injected on purpose from now on"
        );
        self.watch(&armed);
        Ok(armed)
    }

    /// Ends the current arming, or this one if it is the current one. Returns whether it did.
    pub(crate) fn stop(&self, only: Option<&Arc<Armed>>, reason: StopReason) -> bool {
        let mut control = self.write();
        let is_meant =
            |session: &mut Session| only.is_none_or(|armed| Arc::ptr_eq(armed, &session.armed));
        let Some(session) = control.session.take_if(is_meant) else {
            return false;
        };
        self.is_armed.store(false, Ordering::Relaxed);
        let (armed, label) = (session.armed.clone(), reason.as_str());
        let (releases, text) = (reason.releases(), reason.to_string());
        control.ended = Some((session, reason));
        drop(control);
        if releases {
            armed.release.send_replace(true);
        }
        self.metrics.stopped(label);
        self.publish_armed();
        tracing::warn!(target: TARGET, "faults are not injected any more: {text}");
        true
    }

    /// Sets the gauge of the arming, outside of the lock because a recorder is foreign code.
    ///
    /// An arming and its end may race to set it. So the one that set an outdated value sets it again.
    fn publish_armed(&self) {
        let has_session = || self.read().session.is_some();
        loop {
            let is_armed = has_session();
            self.metrics.set_armed(is_armed);
            // Within the lock: who changed it before has set the gauge before, or will set it after this.
            if has_session() == is_armed {
                return;
            }
        }
    }

    pub(crate) fn kill(&self) {
        self.is_killed.store(true, Ordering::Relaxed);
        self.stop(None, StopReason::Killed);
    }

    /// Returns the current arming, after it was ended if it must.
    pub(crate) fn session(&self) -> Option<Session> {
        let session = self.read().session.clone()?;
        match self.due_stop(&session.armed, Instant::now()) {
            Some(reason) => {
                self.stop(Some(&session.armed), reason);
                None
            }
            None => Some(session),
        }
    }

    /// Returns the last arming that ended.
    pub(crate) fn ended(&self) -> Option<(Session, StopReason)> {
        self.read().ended.clone()
    }

    /// Returns why the arming must end now.
    fn due_stop(&self, armed: &Armed, now: Instant) -> Option<StopReason> {
        if now >= armed.deadline {
            return Some(StopReason::Expired);
        }
        let at = millis(now.saturating_duration_since(armed.started));
        let due = armed.next_check.load(Ordering::Relaxed);
        let next = at + millis(GUARD_INTERVAL);
        // One of the calls that find them due checks the guards.
        let is_mine = at >= due
            && armed
                .next_check
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        let (name, reason) = is_mine.then(|| self.violated(&armed.guards)).flatten()?;
        Some(StopReason::Guard { name, reason })
    }

    fn violated(&self, guards: &[(String, Guard)]) -> Option<(String, String)> {
        guards.iter().find_map(|(name, guard)| {
            let report = || tracing::error!(target: TARGET, guard = name, "a guard panicked");
            let result = self.guard_panics.catch(|| guard(), report);
            let reason = result.unwrap_or_else(|| Some("the guard panicked".to_owned()))?;
            Some((name.clone(), reason))
        })
    }

    /// Ends the arming in time, also if there are no calls. Without a runtime, the next call does it.
    fn watch(self: &Arc<Self>, armed: &Arc<Armed>) {
        let Some(runtime) = Handle::try_current().ok().filter(|_| has_timer()) else {
            return;
        };
        let (shared, armed) = (Arc::downgrade(self), armed.clone());
        runtime.spawn(async move {
            let mut released = armed.release.subscribe();
            loop {
                let next = armed.deadline.min(Instant::now() + GUARD_INTERVAL);
                let is_released = timeout_at(next, released.changed()).await.is_ok();
                if is_released || !is_current(&shared, &armed) {
                    return;
                }
            }
        });
    }

    fn read(&self) -> RwLockReadGuard<'_, Control> {
        self.control.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Control> {
        self.control.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether this is the current arming, after it was ended if it must.
fn is_current(shared: &Weak<Shared>, armed: &Arc<Armed>) -> bool {
    let session = shared.upgrade().and_then(|shared| shared.session());
    session.is_some_and(|session| Arc::ptr_eq(&session.armed, armed))
}

fn count(rules: &RuleSet) -> Arc<[Arc<CountedRule>]> {
    let counted = rules.rules.iter().map(|(rule, matcher)| {
        Arc::new(CountedRule {
            name: rule.name.as_str().into(),
            id: draw::hash(rule.name.as_bytes()),
            rule: rule.clone(),
            matcher: matcher.clone(),
            ordinals: AtomicU64::new(0),
            matched: AtomicU64::new(0),
            injected: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
        })
    });
    counted.collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("is_armed", &self.is_armed())
            .field("environment", &self.settings.environment)
            .field("seed", &self.settings.seed)
            .finish_non_exhaustive()
    }
}

// === impl Armed ===

impl Armed {
    /// Returns what releases a wait of this arming.
    pub(crate) fn release(&self) -> (watch::Receiver<bool>, Instant) {
        (self.release.subscribe(), self.deadline)
    }

    /// Returns whether what runs by this arming must end.
    #[cfg(feature = "process")]
    pub(crate) fn is_over(&self) -> bool {
        *self.release.borrow() || Instant::now() >= self.deadline
    }
}

impl fmt::Debug for Armed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Armed")
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

// === impl CountedRule ===

impl CountedRule {
    pub(crate) fn counts(&self) -> RuleCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RuleCounts {
            rule: self.rule.name.clone(),
            candidates: read(&self.ordinals),
            matched: read(&self.matched),
            injected: read(&self.injected),
            skipped: read(&self.skipped),
        }
    }
}
