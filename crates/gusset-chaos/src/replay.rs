//! The log of what was injected, from which it can be repeated.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use gusset_core::ConfigError;

use crate::{FaultKind, Pick, RuleSet};

/// What was injected into one call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "control", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Decision {
    /// The name of the rule.
    pub rule: String,
    /// The ordinal of the call among those that met the conditions of the rule, from 0.
    pub ordinal: u64,
    /// The hash of the call's key, if it has one.
    pub key: Option<u64>,
    /// The faults.
    #[cfg_attr(feature = "control", serde(serialize_with = "labels"))]
    pub faults: Vec<FaultKind>,
    /// Whether it was a dry run: the faults were not injected.
    pub dry_run: bool,
}

/// The last decisions of an arming, in their order, and what they depend on. Returned by
/// [`Chaos::replay_log`](crate::Chaos::replay_log).
///
/// A rule's decision depends on the seed, the rule, and the ordinal or the key of the call. So the same rules with
/// the same seed hit the same ordinals again. [`rules`](Self::rules) also leaves out what limits have skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "control", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReplayLog {
    /// The seed of the draws.
    pub seed: u64,
    /// The decisions: at most 4,096.
    pub decisions: Vec<Decision>,
    /// How many earlier decisions are missing.
    pub dropped: u64,
}

/// The log of the current arming.
#[derive(Debug, Default)]
pub(crate) struct DecisionLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    decisions: VecDeque<Decision>,
    dropped: u64,
}

const MAX_DECISIONS: usize = 4096;

// === impl ReplayLog ===

impl ReplayLog {
    /// Returns these rules with the ordinals of this log instead of their own picks.
    ///
    /// ```
    /// use gusset_chaos::{Fault, Pick, ReplayLog, Rule, RuleSet};
    ///
    /// let rules = RuleSet::new([Rule::new("abort").share_ppm(10_000).fault(Fault::Abort)])?;
    /// let log = ReplayLog::default();
    /// let replayed = log.rules(&rules)?;
    /// assert_eq!(replayed.len(), 1, "it hits no call, as the log is empty");
    /// # Ok::<(), gusset_chaos::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// If decisions are missing at the beginning.
    pub fn rules(&self, rules: &RuleSet) -> Result<RuleSet, ConfigError> {
        if self.dropped > 0 {
            let reason = format_args!("{} earlier decisions are missing", self.dropped);
            return Err(ConfigError::new("replay_log", reason));
        }
        RuleSet::new(rules.iter().map(|rule| {
            let own = self.decisions.iter();
            let own = own.filter(|decision| decision.rule == rule.name && !decision.dry_run);
            let ordinals: BTreeSet<u64> = own.map(|decision| decision.ordinal).collect();
            rule.clone().pick(Pick::Ordinals(ordinals))
        }))
    }
}

#[cfg(feature = "control")]
fn labels<S: serde::Serializer>(faults: &[FaultKind], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(faults.iter().map(|fault| fault.as_str()))
}

// === impl DecisionLog ===

impl DecisionLog {
    pub(crate) fn add(&self, decision: Decision) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.decisions.len() == MAX_DECISIONS {
            entries.decisions.pop_front();
            entries.dropped += 1;
        }
        entries.decisions.push_back(decision);
    }

    pub(crate) fn read(&self, seed: u64) -> ReplayLog {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ReplayLog {
            seed,
            decisions: entries.decisions.iter().cloned().collect(),
            dropped: entries.dropped,
        }
    }
}
