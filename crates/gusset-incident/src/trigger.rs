//! Why a report is made.

use std::fmt;

/// The trigger of a report.
///
/// ```
/// use gusset_incident::Trigger;
///
/// assert_eq!(Trigger::BreakerOpened.as_str(), "breaker_opened");
/// assert_eq!(Trigger::Custom("queue_full").as_str(), "queue_full");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// A panic.
    Panic,
    /// SIGTERM: the process ends.
    Terminate,
    /// SIGQUIT: the process goes on.
    Quit,
    /// A circuit breaker has opened.
    BreakerOpened,
    /// A normal range was left, or an objective is violated.
    RangeLeft,
    /// A heartbeat is late.
    LivenessMissed,
    /// Many calls fail.
    Errors,
    /// Calls are slow.
    Latency,
    /// The memory is nearly full, or tasks wait for it.
    MemoryPressure,
    /// The kernel has killed a process of the cgroup for want of memory.
    OutOfMemory,
    /// A person or a program wants a report.
    Manual,
    /// The run before has ended uncleanly.
    PreviousRun,
    /// A trigger of the service, with its name.
    Custom(&'static str),
}

// === impl Trigger ===

impl Trigger {
    /// Returns the name, as reports, metrics and file names have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Terminate => "terminate",
            Self::Quit => "quit",
            Self::BreakerOpened => "breaker_opened",
            Self::RangeLeft => "range_left",
            Self::LivenessMissed => "liveness_missed",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::MemoryPressure => "memory_pressure",
            Self::OutOfMemory => "out_of_memory",
            Self::Manual => "manual",
            Self::PreviousRun => "previous_run",
            Self::Custom(name) => name,
        }
    }

    /// Returns whether its reports are made within the minimum gap too: a person requests them, or the process ends.
    pub(crate) fn ignores_gap(self) -> bool {
        matches!(
            self,
            Self::Terminate | Self::Quit | Self::Manual | Self::PreviousRun
        )
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
