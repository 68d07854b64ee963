//! States of objectives and ranges.

use std::fmt;

/// The state of an objective or a normal range in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Not known: too few calls, no series, or a range that is being learned.
    Unknown,
    /// The objective is met, or the value is in its range.
    Normal,
    /// The error budget burns too fast, or the value has been outside for long enough.
    Violated,
}

// === impl State ===

impl State {
    /// All states, in the order of their series.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Normal, Self::Violated];

    /// Returns the value of the label: `unknown`, `normal` or `violated`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Normal => "normal",
            Self::Violated => "violated",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
