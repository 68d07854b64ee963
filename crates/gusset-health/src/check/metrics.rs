//! Recording of the runs of one check.

use std::fmt;
use std::time::Duration;

use gusset_data::SharedRecorder;
use metrics::{Counter, Gauge, Histogram};

use super::run::RunOutcome;
use crate::metrics::{labels, set_current};
use crate::{Status, names};

const RESULTS: [&str; 5] = ["up", "degraded", "down", "timeout", "panic"];

/// The metric handles of one check, resolved once.
pub(crate) struct CheckMetrics {
    statuses: [Gauge; Status::ALL.len()],
    runs: [Counter; RESULTS.len()],
    duration: Histogram,
}

// === impl CheckMetrics ===

impl CheckMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, check: &str) -> Self {
        let check = (names::CHECK, check);
        let this = Self {
            statuses: Status::ALL.map(|status| {
                let status = (names::STATUS, status.as_str());
                names::CHECK_STATUS.gauge(recorder, labels(&[check, status]))
            }),
            runs: RESULTS.map(|result| {
                let result = (names::RESULT, result);
                names::CHECK_RUNS.counter(recorder, labels(&[check, result]))
            }),
            duration: names::CHECK_DURATION.histogram(recorder, labels(&[check])),
        };
        this.set_status(Status::Unknown);
        this
    }

    pub(super) fn set_status(&self, status: Status) {
        set_current(&Status::ALL, &self.statuses, &status);
    }

    pub(super) fn record_run(&self, status: Status, outcome: RunOutcome, duration: Duration) {
        let result = match (outcome, status) {
            (RunOutcome::Panicked, _) => 4,
            (RunOutcome::TimedOut, _) => 3,
            (RunOutcome::Finished, Status::Up) => 0,
            (RunOutcome::Finished, Status::Degraded) => 1,
            (RunOutcome::Finished, _) => 2,
        };
        self.runs[result].increment(1);
        self.duration.record(duration.as_secs_f64());
    }
}

impl fmt::Debug for CheckMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckMetrics")
    }
}
