//! Readings and totals of calls in a report.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::time;
use crate::{CallTotals, Readings};

/// The readings of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReadingsRow {
    /// When they were taken.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// What was read.
    pub values: Readings,
}

/// The calls of one second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TotalsRow {
    /// The end of the second.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// All calls that ended in it.
    pub calls: u64,
    /// Those with an error of the server.
    pub errors: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// The seconds that the slowest took.
    pub slowest: f64,
}

// === impl ReadingsRow ===

impl From<(SystemTime, Readings)> for ReadingsRow {
    fn from((time, values): (SystemTime, Readings)) -> Self {
        Self {
            time: time::rounded(time),
            values,
        }
    }
}

// === impl TotalsRow ===

impl From<(SystemTime, CallTotals)> for TotalsRow {
    fn from((time, totals): (SystemTime, CallTotals)) -> Self {
        Self {
            time: time::rounded(time),
            calls: totals.calls,
            errors: totals.errors,
            cancelled: totals.cancelled,
            slowest: totals.slowest.as_secs_f64(),
        }
    }
}
