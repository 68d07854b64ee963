//! A job that did not run.

use std::fmt;
use std::time::Duration;

/// A job that has not succeeded for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OverdueJob {
    /// The name.
    pub name: &'static str,
    /// How long ago the last success was, or the start of the schedule if there was none.
    pub since_success: Duration,
}

// === impl OverdueJob ===

impl fmt::Display for OverdueJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            since_success,
        } = self;
        write!(f, "{name}: no success for {} s", since_success.as_secs())
    }
}
