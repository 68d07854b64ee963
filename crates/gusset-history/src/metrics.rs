//! Recording of what a history does.

use std::fmt;

use gusset_data::{MetricDescriptor, SharedRecorder};
use metrics::{Counter, Gauge};

use crate::names;
use crate::store::Totals;

/// The metric handles, resolved once.
pub(crate) struct HistoryMetrics {
    readings: Counter,
    late_readings: Counter,
    dropped_readings: Counter,
    dropped_points: Counter,
    panics: Counter,
    series: Gauge,
    memory: Gauge,
}

// === impl HistoryMetrics ===

impl HistoryMetrics {
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        for metric in names::ALL {
            metric.describe(recorder);
        }
        let counter = |metric: MetricDescriptor| metric.counter(recorder, Vec::new());
        let gauge = |metric: MetricDescriptor| metric.gauge(recorder, Vec::new());
        let this = Self {
            readings: counter(names::READINGS),
            late_readings: counter(names::LATE_READINGS),
            dropped_readings: counter(names::DROPPED_READINGS),
            dropped_points: counter(names::DROPPED_POINTS),
            panics: counter(names::PANICS),
            series: gauge(names::SERIES),
            memory: gauge(names::MEMORY),
        };
        // Each is 0 before it happens, so that an alert on its rate sees the first one.
        this.record(Totals::default(), Totals::default());
        this.panics.increment(0);
        this
    }

    /// Records what a reading has changed.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub(crate) fn record(&self, before: Totals, now: Totals) {
        self.readings.increment(now.readings - before.readings);
        self.late_readings
            .increment(now.late_readings - before.late_readings);
        self.dropped_readings
            .increment(now.dropped_readings - before.dropped_readings);
        self.dropped_points
            .increment(now.dropped_points - before.dropped_points);
        self.series.set(now.series as f64);
        self.memory.set(now.bytes as f64);
    }

    pub(crate) fn add_panic(&self) {
        self.panics.increment(1);
    }
}

impl fmt::Debug for HistoryMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HistoryMetrics")
    }
}
