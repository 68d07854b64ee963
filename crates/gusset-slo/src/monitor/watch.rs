//! One objective or range that is watched.

use std::time::Instant;

use gusset_data::{SharedRecorder, SharedStr};
use gusset_history::History;

use super::metrics::StateMetrics;
use super::reading::{BurnReader, RangeReader};
use super::status::{Change, Status, Watched};
use crate::detector::{HoldDetector, RangeDetector};
use crate::{AlertSeverity, Hold, Indicator, ProposedRange, ServiceLevels};

/// For an objective the windows hold; five minutes to clear keep its state from flapping.
const OBJECTIVE_HOLD: Hold = Hold {
    outside: 1,
    of: 1,
    clear: 30,
};

/// An objective or a range, with its detector.
pub(super) struct Watch {
    status: Status,
    rule: Rule,
    metrics: StateMetrics,
}

enum Rule {
    Objective(BurnReader, HoldDetector),
    Range(RangeReader, Box<RangeDetector>),
}

/// Returns what has to be watched.
pub(super) fn of_levels(levels: &ServiceLevels, recorder: &SharedRecorder) -> Vec<Watch> {
    let objectives = levels.objectives().iter().map(|objective| {
        let normal = match objective.indicator() {
            Indicator::Availability => "calls do not fail".into(),
            Indicator::Latency(threshold) => {
                SharedStr::from(format!("calls take at most {} s", threshold.as_secs_f64()))
            }
        };
        let status = Status::unknown(
            Watched::Objective,
            objective.name(),
            AlertSeverity::Critical,
            normal,
        );
        let rule = Rule::Objective(
            BurnReader::new(objective),
            HoldDetector::new(OBJECTIVE_HOLD),
        );
        Watch::new(status, rule, recorder)
    });
    let ranges = levels.ranges().iter().filter_map(|range| {
        let metric = levels.catalogue().find(range.metric_name())?;
        let status = Status::unknown(
            Watched::Range,
            range.name(),
            range.alert_severity(),
            range.bounds_text().into(),
        );
        let detector = Box::new(RangeDetector::new(range));
        let rule = Rule::Range(RangeReader::new(range, metric), detector);
        Some(Watch::new(status, rule, recorder))
    });
    objectives.chain(ranges).collect()
}

// === impl Watch ===

impl Watch {
    fn new(status: Status, rule: Rule, recorder: &SharedRecorder) -> Self {
        Self {
            metrics: StateMetrics::new(recorder, status.kind(), status.name()),
            status,
            rule,
        }
    }

    pub(super) fn status(&self) -> Status {
        self.status.clone()
    }

    pub(super) fn evaluate(
        &mut self,
        history: &History,
        now: Instant,
    ) -> (Option<Change>, Option<ProposedRange>) {
        let Self {
            status,
            rule,
            metrics,
        } = self;
        let (value, (state, proposal)) = match rule {
            Rule::Objective(reader, detector) => {
                let (value, burns) = reader.read(history, now);
                (value, (detector.update(burns), None))
            }
            Rule::Range(reader, detector) => {
                let value = reader.read(history, now);
                (value, detector.update(value))
            }
        };
        metrics.update(state, now);
        let change = status.update(state, value, now);
        (change, proposal)
    }
}
