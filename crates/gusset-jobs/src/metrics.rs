//! The handles of the metrics of one job.

use std::fmt;

use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Counter, Gauge, Label};

use crate::names;

/// The handles of the metrics of one job, resolved once.
pub(crate) struct JobMetrics {
    pub(crate) last_success: Gauge,
    pub(crate) last_duration: Gauge,
    pub(crate) overdue: Gauge,
    pub(crate) skipped: Counter,
    pub(crate) overlapping: Counter,
}

// === impl JobMetrics ===

impl JobMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, job: &'static str) -> Self {
        for metric in names::ALL {
            metric.describe(recorder);
        }
        let labels = || vec![Label::from_static_parts(names::JOB_NAME, job)];
        let gauge = |metric: MetricDescriptor| metric.gauge(recorder, labels());
        let this = Self {
            last_success: gauge(names::LAST_SUCCESS),
            last_duration: gauge(names::LAST_DURATION),
            overdue: gauge(names::OVERDUE),
            skipped: names::SKIPPED.counter(recorder, labels()),
            overlapping: names::OVERLAPPING.counter(recorder, labels()),
        };
        // So that a job that has never run is on the page.
        this.overdue.set(0.0);
        this.skipped.increment(0);
        this.overlapping.increment(0);
        this
    }
}

impl fmt::Debug for JobMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JobMetrics")
    }
}
