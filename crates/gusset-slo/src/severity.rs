//! How urgent an alert is.

use serde::Serialize;

/// How urgent an alert is: its label `severity`.
///
/// The names are those of the alerts of kube-prometheus and of the monitoring mixins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AlertSeverity {
    /// For a dashboard: it notifies no person.
    Info,
    /// For a ticket: within days.
    Warning,
    /// For a page: a person has to act now, also at night.
    Critical,
}

// === impl AlertSeverity ===

impl AlertSeverity {
    /// Returns the value of the label: `info`, `warning` or `critical`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
