//! The result of an experiment.

use std::fmt;
use std::time::Duration;

use crate::{ReplayLog, RuleCounts, StopReason};

/// The result of an experiment, with its evidence. `Display` writes it as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the conclusion has to be read"]
#[non_exhaustive]
pub struct Report {
    /// The name of the experiment.
    pub name: String,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// What the checks returned: the first and the last time that each was met in a phase, and each time that one was not.
    pub evidence: Vec<Evidence>,
    /// Why the faults ended, if not by their time or with the load.
    pub stopped: Option<StopReason>,
    /// What the rules did.
    pub rules: Vec<RuleCounts>,
    /// What was injected, to repeat it.
    pub log: ReplayLog,
    /// How long faults were injected.
    pub took: Duration,
}

/// The conclusion of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conclusion {
    /// The promises were kept, and the steady state came back.
    Passed,
    /// A promise was broken, or the steady state did not come back.
    Failed {
        /// The name of the check.
        check: String,
        /// What it returned.
        reason: String,
    },
    /// A condition stopped the faults.
    Stopped {
        /// Which one and why.
        reason: String,
    },
    /// There was no steady state before, or it was not armed.
    NotStarted {
        /// What was not met.
        reason: String,
    },
    /// No fault was injected, so that nothing was shown.
    Inconclusive,
}

/// What a check returned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The time since the begin of the experiment.
    pub at: Duration,
    /// The phase.
    pub phase: Phase,
    /// The name of the check.
    pub check: String,
    /// Evidence that it was met, or what was not.
    pub result: Result<String, String>,
}

/// A phase of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Before the faults.
    Before,
    /// While faults are injected.
    During,
    /// After them.
    After,
}

// === impl Report ===

impl Report {
    /// Checks that the conclusion is [`Conclusion::Passed`], in a test.
    ///
    /// # Panics
    /// If it is another one, with the text of the report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.conclusion == Conclusion::Passed, "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.conclusion)?;
        for rule in &self.rules {
            let RuleCounts {
                rule,
                candidates,
                matched,
                injected,
                skipped,
            } = rule;
            writeln!(
                f,
                "  rule {rule}: {injected} injected and {skipped} skipped of {matched} picked of {candidates} calls"
            )?;
        }
        for Evidence {
            at,
            phase,
            check,
            result,
        } in &self.evidence
        {
            let (mark, text) = match result {
                Ok(text) => ("ok", text),
                Err(text) => ("NOT MET", text),
            };
            let seconds = at.as_secs_f64();
            writeln!(f, "  {seconds:>7.1} s {phase:<6} {mark}: {check}: {text}")?;
        }
        if let Some(reason) = &self.stopped {
            writeln!(f, "  the faults ended because {reason}")?;
        }
        write!(
            f,
            "  seed {}, {:.1} s with faults",
            self.log.seed,
            self.took.as_secs_f64()
        )
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed { check, reason } => write!(f, "failed: {check}: {reason}"),
            Self::Stopped { reason } => write!(f, "stopped: {reason}"),
            Self::NotStarted { reason } => write!(f, "not started: {reason}"),
            Self::Inconclusive => f.write_str("inconclusive: no fault was injected"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
        })
    }
}
