//! The states of a breaker, and its transitions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Counts;

/// The stored state of a breaker.
///
/// An expired open state becomes half-open only with the next call or tick. Use
/// [`CircuitBreaker::is_call_permitted`](crate::CircuitBreaker::is_call_permitted) to find out whether
/// a call would be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Admits every call and counts its result.
    Closed,
    /// Rejects every call until the open duration has elapsed.
    Open,
    /// Admits a few calls. Their results close or open the breaker.
    HalfOpen,
    /// Rejects every call until the state is changed manually.
    ForcedOpen,
    /// Admits every call and counts nothing.
    Disabled,
    /// Admits every call, counts its result, and reports when the breaker would have opened.
    DryRun,
}

/// The reason for a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The failure rate reached its threshold.
    FailureRate,
    /// The rate of slow calls reached its threshold.
    SlowCallRate,
    /// The number of consecutive failures reached its threshold.
    ConsecutiveFailures,
    /// The open duration has elapsed.
    OpenDurationElapsed,
    /// The half-open calls succeeded.
    ProbesSucceeded,
    /// The half-open calls failed.
    ProbesFailed,
    /// Not all half-open calls completed in time.
    HalfOpenTimeout,
    /// The state was changed manually.
    Manual,
    /// The breaker was reset manually.
    Reset,
    /// The window has a new shape and starts empty.
    Reconfigured,
}

/// A transition from one state to another. Reported once, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The name of the breaker.
    pub breaker: Arc<str>,
    /// The previous state. Equal to `to` if only the window was emptied.
    pub from: State,
    /// The new state.
    pub to: State,
    /// The reason.
    pub reason: Reason,
    /// The number of transitions of this breaker, modulo 2²¹.
    pub generation: u32,
    /// The open duration, if the breaker opened.
    pub open_duration: Option<Duration>,
    /// How often the breaker has opened since it was last closed, including this time.
    pub times_opened: u32,
    /// The counts that caused the transition: of the window, or of the half-open calls.
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
        Self::DryRun,
    ];

    /// Returns the state as a label value.
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
            Self::DryRun => "dry_run",
        }
    }

    /// Returns whether results are counted in the window.
    pub(crate) fn counts_results(self) -> bool {
        matches!(self, Self::Closed | Self::DryRun)
    }

    /// Returns whether a rule has opened the breaker and it has not recovered yet.
    pub(crate) fn is_tripped(self) -> bool {
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
    /// Returns the reason as a label value.
    ///
    /// ```
    /// assert_eq!(gusset_breaker::Reason::SlowCallRate.as_str(), "slow_call_rate");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailureRate => "failure_rate",
            Self::SlowCallRate => "slow_call_rate",
            Self::ConsecutiveFailures => "consecutive_failures",
            Self::OpenDurationElapsed => "open_duration_elapsed",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::ProbesFailed => "probes_failed",
            Self::HalfOpenTimeout => "half_open_timeout",
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
