//! The series of a service level indicator.

use crate::promql::Selector;
use crate::{Indicator, Objective, ServiceLevels};

/// The outcomes that are bad calls.
pub(crate) const BAD_OUTCOMES: &[&str] = &["server_error", "rejected"];
/// The outcome that is not counted: the client decided it.
pub(crate) const EXCLUDED_OUTCOME: &str = "cancelled";

/// A counter of a part of the calls, and one of all.
pub(crate) struct Series {
    /// The bad calls of an availability, the good ones of a latency.
    pub(crate) part: Selector,
    pub(crate) total: Selector,
}

// === impl Series ===

impl Series {
    pub(crate) fn new(levels: &ServiceLevels, objective: &Objective) -> Self {
        let labels = objective.all_labels();
        let series = levels.series_with(objective.metric(), &labels);
        match objective.indicator() {
            Indicator::Availability => Self {
                part: series.clone().any_of("gusset.outcome", BAD_OUTCOMES),
                total: series.not_equal("gusset.outcome", EXCLUDED_OUTCOME),
            },
            Indicator::Latency(threshold) => Self {
                part: series.renamed("_bucket").bucket(threshold.as_secs_f64()),
                total: series.renamed("_count"),
            },
        }
    }

    /// Returns the part of bad calls over a window.
    pub(crate) fn error_ratio(&self, objective: &Objective, window: &str) -> String {
        let Self { part, total } = self;
        match objective.indicator() {
            // Without a failure there may be no series of failures.
            Indicator::Availability => format!(
                "(sum(rate({part}[{window}])) or vector(0))\n/ (sum(rate({total}[{window}])) > 0)"
            ),
            Indicator::Latency(_) => {
                format!("1 - sum(rate({part}[{window}]))\n/ (sum(rate({total}[{window}])) > 0)")
            }
        }
    }
}
