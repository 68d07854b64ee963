//! What a capture returns.

use std::fmt;

/// A report that was made and delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Captured {
    /// The id of the report.
    pub id: String,
    /// Where it is: paths and addresses.
    pub delivered: Vec<String>,
    /// The number of destinations that it was not delivered to.
    pub failed: usize,
}

/// The reason for which no report was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skipped {
    /// The report before was made less than the minimum gap ago.
    TooSoon,
    /// The trigger has made as many reports as its limit admits.
    OverLimit,
    /// Another report takes too long, or the thread that makes them has no room or has ended.
    Busy,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSoon => "the report before was made less than the minimum gap ago",
            Self::OverLimit => "the trigger has made as many reports as its limit admits",
            Self::Busy => "another report is being made",
        })
    }
}

impl std::error::Error for Skipped {}
