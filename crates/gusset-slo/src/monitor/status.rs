//! The state of an objective or a range, and its changes.

use std::fmt;
use std::time::Instant;

use gusset_data::SharedStr;

use crate::{AlertSeverity, State};

/// What a state is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watched {
    /// An objective.
    Objective,
    /// A normal range.
    Range,
}

/// The state of an objective or a range. Part of [`Monitor::status`](super::Monitor::status).
///
/// `Display` is one line for a person.
#[derive(Clone, Debug)]
pub struct Status {
    kind: Watched,
    name: SharedStr,
    severity: AlertSeverity,
    normal: SharedStr,
    state: State,
    since: Option<Instant>,
    value: Option<f64>,
}

/// A change of a state, as [`Monitor::on_change`](super::Monitor::on_change) receives it.
#[derive(Clone, Debug)]
pub struct Change {
    from: State,
    status: Status,
}

// === impl Status ===

impl Status {
    pub(super) fn unknown(
        kind: Watched,
        name: &str,
        severity: AlertSeverity,
        normal: SharedStr,
    ) -> Self {
        Self {
            kind,
            name: name.to_owned().into(),
            severity,
            normal,
            state: State::Unknown,
            since: None,
            value: None,
        }
    }

    /// Sets the result of an evaluation. Returns the change, if the state is another one.
    pub(super) fn update(
        &mut self,
        state: State,
        value: Option<f64>,
        now: Instant,
    ) -> Option<Change> {
        self.value = value;
        let from = std::mem::replace(&mut self.state, state);
        if self.since.is_none() || from != state {
            self.since = Some(now);
        }
        (from != state).then(|| Change {
            from,
            status: self.clone(),
        })
    }

    /// Returns what it is the state of.
    pub fn kind(&self) -> Watched {
        self.kind
    }

    /// Returns the name of the objective or the range.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how urgent a violation is.
    pub fn severity(&self) -> AlertSeverity {
        self.severity
    }

    /// Returns what is normal, in words: `at most 200`.
    pub fn normal(&self) -> &SharedStr {
        &self.normal
    }

    /// Returns the state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Returns the time of the evaluation that changed the state, or of the first one.
    pub fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Returns the last value: the part of bad calls of an objective over its short window, the aggregate of a range.
    /// `None` if it is not known.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            name,
            normal,
            state,
            value,
            ..
        } = self;
        let kind = match kind {
            Watched::Objective => "objective",
            Watched::Range => "range",
        };
        write!(f, "{kind} {name}: {state}")?;
        match (self.kind, value) {
            (_, None) => {}
            (Watched::Objective, Some(bad)) => {
                write!(f, ", {:.2} % of the calls are bad", bad * 100.0)?;
            }
            (Watched::Range, Some(value)) => write!(f, ", {value:.4}")?,
        }
        write!(f, " (normal: {normal})")
    }
}

// === impl Change ===

impl Change {
    /// Returns the state before.
    pub fn from(&self) -> State {
        self.from
    }

    /// Returns the state after, with its value.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.status, f)
    }
}
