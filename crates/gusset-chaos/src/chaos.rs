//! The handle of all layers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::state::{Armed, Session, Shared};
use crate::{ArmError, Arming, ReplayLog, RuleCounts, RuleSet, StopReason};

/// The rules, the switch and the counts of a set of layers. Clones share everything.
///
/// It is created disarmed. A layer of it costs a disarmed call one relaxed load.
///
/// ```
/// use gusset_chaos::{Arming, Chaos, Delay, Rule, RuleSet};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let slow = Rule::new("slow").share_ppm(100_000).delay(Delay::fixed(Duration::from_millis(300)));
/// let chaos = Chaos::builder().rules(RuleSet::new([slow])?).environment("staging").build()?;
/// let layer = chaos.http_server(); // the innermost layer of the service
///
/// chaos.arm(Arming::for_at_most(Duration::from_secs(60)))?;
/// assert!(chaos.status().armed);
/// chaos.disarm();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Chaos(pub(crate) Arc<Shared>);

/// Disarms when it is dropped. Created by [`Chaos::arm_scoped`].
#[derive(Debug)]
#[must_use = "the layers are disarmed when this is dropped"]
pub struct ArmGuard {
    chaos: Chaos,
    armed: Arc<Armed>,
}

/// What a [`Chaos`] does at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "control", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Status {
    /// Whether faults are injected, or counted by a dry run.
    pub armed: bool,
    /// Whether it is a dry run.
    pub dry_run: bool,
    /// Whether it was switched off for the life of the process.
    pub killed: bool,
    /// The time until it is disarmed.
    #[cfg_attr(
        feature = "control",
        serde(rename = "remaining_seconds", serialize_with = "as_seconds")
    )]
    pub remaining: Option<Duration>,
    /// The calls with a fault at this time.
    pub active: u32,
    /// Why the last arming ended.
    #[cfg_attr(feature = "control", serde(serialize_with = "as_text"))]
    pub stopped: Option<StopReason>,
    /// The counts of the rules, in their order: of the current arming or of the last one.
    pub rules: Vec<RuleCounts>,
}

// === impl Chaos ===

impl Chaos {
    /// Injects faults from now on.
    ///
    /// In a Tokio runtime, the time limit and the conditions to stop are also checked while there are no calls.
    ///
    /// # Errors
    /// If the environment may be production and that is not allowed in words, it is armed already or switched off, or a condition
    /// to stop is met.
    pub fn arm(&self, arming: Arming) -> Result<(), ArmError> {
        self.0.arm(arming).map(drop)
    }

    /// Injects faults until the guard is dropped, for tests and experiments.
    ///
    /// # Errors
    /// As [`arm`](Self::arm).
    pub fn arm_scoped(&self, arming: Arming) -> Result<ArmGuard, ArmError> {
        let armed = self.0.arm(arming)?;
        let chaos = self.clone();
        Ok(ArmGuard { chaos, armed })
    }

    /// Stops the injection. Waits in progress end as their rules define. Returns whether it was armed.
    pub fn disarm(&self) -> bool {
        self.0.stop(None, StopReason::Disarmed)
    }

    /// Switches off for the life of the process: it cannot be armed again.
    pub fn kill(&self) {
        self.0.kill();
    }

    /// Replaces the rules, also while it is armed. A call sees the rules from before or from after, and never both.
    ///
    /// Ordinals begin again at 0. The limits, the time limit and the replay log are those of the arming.
    pub fn set_rules(&self, rules: RuleSet) {
        self.0.set_rules(rules);
    }

    /// Returns the rules.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.0.rules()
    }

    /// Returns what is in progress, and the counts of the rules.
    pub fn status(&self) -> Status {
        let session = self.0.session();
        let ended = self.0.ended();
        let armed = session.as_ref().map(|session| session.armed.clone());
        let stopped = ended.as_ref().map(|(_, reason)| reason.clone());
        let counted = session.or(ended.map(|(session, _)| session));
        let rules = counted.as_ref().map(|session| session.rules.iter());
        let remaining =
            |armed: &Arc<Armed>| armed.deadline.saturating_duration_since(Instant::now());
        Status {
            armed: armed.is_some(),
            dry_run: armed.as_ref().is_some_and(|armed| armed.dry_run),
            killed: self.0.is_killed(),
            remaining: armed.as_ref().map(remaining),
            active: self.0.active.load(Ordering::Relaxed),
            stopped,
            rules: rules
                .into_iter()
                .flatten()
                .map(|rule| rule.counts())
                .collect(),
        }
    }

    /// Returns what was injected, by the current arming or by the last one.
    pub fn replay_log(&self) -> ReplayLog {
        let ended = || self.0.ended().map(|(session, _)| session);
        let session: Option<Session> = self.0.session().or_else(ended);
        let seed = self.0.settings.seed;
        session.map_or_else(ReplayLog::default, |session| session.armed.log.read(seed))
    }
}

impl fmt::Debug for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Chaos").field(&self.0).finish()
    }
}

impl Drop for ArmGuard {
    fn drop(&mut self) {
        self.chaos.0.stop(Some(&self.armed), StopReason::Disarmed);
    }
}

#[cfg(feature = "control")]
fn as_text<S: serde::Serializer>(reason: &Option<StopReason>, to: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => to.collect_str(reason),
        None => to.serialize_none(),
    }
}

#[cfg(feature = "control")]
fn as_seconds<S: serde::Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => to.serialize_f64(time.as_secs_f64()),
        None => to.serialize_none(),
    }
}
