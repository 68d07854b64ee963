//! The states of a breaker, and its moves from one to another.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Counts;

/// The state of a breaker, as it is stored: reading it changes nothing.
///
/// An open breaker whose time is over is half-open only when somebody calls, or ticks; whether a
/// call would be admitted says [`Breaker::would_admit`](crate::Breaker::would_admit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Admits every call, and counts how they end.
    Closed,
    /// Refuses every call until its time is over.
    Open,
    /// Admits a few probes, whose ends decide.
    HalfOpen,
    /// Refuses every call until a hand says otherwise.
    ForcedOpen,
    /// Admits every call and counts nothing.
    Disabled,
    /// Admits every call, counts how they end, tells when it would have opened, and never opens.
    Observing,
}

/// Why a breaker went from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The share of failures reached its limit.
    FailureRate,
    /// The share of slow calls reached its limit.
    SlowCallRate,
    /// So many failures came one after the other.
    ConsecutiveFailures,
    /// The open time is over.
    OpenTimeOver,
    /// The probes went well.
    ProbesSucceeded,
    /// The probes went badly.
    ProbesFailed,
    /// The half-open time was over before all probes had ended.
    HalfOpenTimeOver,
    /// A hand did it.
    Manual,
    /// A hand started it anew.
    Reset,
    /// The window got another shape, so that counting starts anew.
    Reconfigured,
}

/// A move from one state to another. Told once, in the order in which they happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The breaker's name.
    pub breaker: Arc<str>,
    /// The state that was left. The same as `to` where counting started anew.
    pub from: State,
    /// The state that was entered.
    pub to: State,
    /// Why.
    pub reason: Reason,
    /// Counts the moves of this breaker, modulo 2²¹.
    pub generation: u32,
    /// How long it stays open, if it opened.
    pub open_for: Option<Duration>,
    /// How often it has opened since it was last closed, this time included.
    pub opened: u32,
    /// What was counted when that was decided: the window's calls, or the probes.
    pub counts: Counts,
}

// === impl State ===

impl State {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::ForcedOpen,
        Self::Disabled,
        Self::Observing,
    ];

    /// The state as a label's value.
    ///
    /// ```
    /// assert_eq!(gusset_breaker::State::HalfOpen.as_str(), "half_open");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::Observing => "observing",
        }
    }

    /// Whether results are counted in the window.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Closed | Self::Observing)
    }

    /// Whether it is the breaker's own verdict that keeps calls out.
    pub(crate) fn is_out(self) -> bool {
        matches!(self, Self::Open | Self::HalfOpen)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Reason ===

impl Reason {
    /// The reason as a label's value.
    ///
    /// ```
    /// assert_eq!(gusset_breaker::Reason::SlowCallRate.as_str(), "slow_call_rate");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailureRate => "failure_rate",
            Self::SlowCallRate => "slow_call_rate",
            Self::ConsecutiveFailures => "consecutive_failures",
            Self::OpenTimeOver => "open_time_over",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::ProbesFailed => "probes_failed",
            Self::HalfOpenTimeOver => "half_open_time_over",
            Self::Manual => "manual",
            Self::Reset => "reset",
            Self::Reconfigured => "reconfigured",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
