//! Data points of what is known.

use std::time::{Duration, SystemTime};

use gusset_data::{
    InstrumentKind, Labels, Metric, MetricData, MetricDescriptor, NumberDataPoint, SharedStr,
};

/// The metrics so far.
pub(super) struct Points {
    metrics: Vec<Metric>,
    start: SystemTime,
}

/// A number that may be unknown.
pub(super) trait Number {
    fn value(self) -> Option<f64>;
}

impl Number for Option<u64> {
    #[expect(clippy::cast_precision_loss, reason = "data points are doubles")]
    fn value(self) -> Option<f64> {
        self.map(|value| value as f64)
    }
}

impl Number for Option<f64> {
    fn value(self) -> Option<f64> {
        self
    }
}

impl Number for Option<Duration> {
    fn value(self) -> Option<f64> {
        self.map(|time| time.as_secs_f64())
    }
}

// === impl Points ===

impl Points {
    pub(super) fn new(start: SystemTime) -> Self {
        Self {
            metrics: Vec::with_capacity(80),
            start,
        }
    }

    /// Sets the start time of the counters that follow. Returns the one before.
    pub(super) fn set_start(&mut self, start: SystemTime) -> SystemTime {
        std::mem::replace(&mut self.start, start)
    }

    /// Adds a metric without labels, if its value is known.
    pub(super) fn add(&mut self, metric: &MetricDescriptor, value: impl Number) {
        self.add_all(metric, [([], value)]);
    }

    /// Adds a metric with one label.
    pub(super) fn add_by<N: Number>(
        &mut self,
        metric: &MetricDescriptor,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, N)>,
    ) {
        let points = values.into_iter().map(|(text, value)| {
            let text = SharedStr::from_static(text);
            ([(label, text)], value)
        });
        self.add_all(metric, points);
    }

    /// Adds a metric with any labels. A point with an unknown value is left out, and so is a metric without points.
    pub(super) fn add_all<const N: usize, V: Number>(
        &mut self,
        metric: &MetricDescriptor,
        points: impl IntoIterator<Item = ([(&'static str, SharedStr); N], V)>,
    ) {
        let start = self.start;
        let points = points.into_iter().filter_map(|(labels, value)| {
            Some(NumberDataPoint {
                labels: sorted(labels),
                start,
                value: value.value()?,
            })
        });
        let points: Vec<_> = points.collect();
        if points.is_empty() {
            return;
        }
        self.metrics.push(Metric {
            name: SharedStr::from_static(metric.name),
            unit: SharedStr::from_static(metric.unit.as_ucum()),
            description: SharedStr::from_static(metric.help),
            data: match metric.kind {
                InstrumentKind::Counter => MetricData::Counter(points),
                InstrumentKind::UpDownCounter => MetricData::UpDownCounter(points),
                _ => MetricData::Gauge(points),
            },
        });
    }

    pub(super) fn finish(self) -> Vec<Metric> {
        let mut metrics = self.metrics;
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        metrics
    }
}

fn sorted<const N: usize>(mut labels: [(&'static str, SharedStr); N]) -> Labels {
    labels.sort_by_key(|(key, _)| *key);
    labels
        .into_iter()
        .map(|(key, value)| (SharedStr::from_static(key), value))
        .collect()
}
