//! Metrics of tests, and a history that reads them at given times.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use gusset_core::Clock;
use gusset_data::{
    BucketCounts, ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint, Labels,
    Metric, MetricData, NumberDataPoint,
};
use gusset_history::{History, Selection, Selector, Window};

pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A history and its first reading.
pub(crate) struct Readings {
    pub(crate) history: History,
    pub(crate) start: Instant,
}

impl Readings {
    pub(crate) fn new() -> Self {
        Self::with(History::builder().build().unwrap())
    }

    pub(crate) fn with(history: History) -> Self {
        let start = Clock::system().now();
        Self { history, start }
    }

    /// Takes a reading this many seconds after the start.
    pub(crate) fn record(&self, second: u64, metrics: Vec<Metric>) {
        self.history.record(self.start + secs(second), metrics);
    }

    /// Takes readings of one metric, every 10 s.
    pub(crate) fn every_10_s(values: &[f64], metric: impl Fn(f64) -> Metric) -> Self {
        let this = Self::new();
        for (at, value) in values.iter().enumerate() {
            this.record(10 * at as u64, vec![metric(*value)]);
        }
        this
    }

    /// Selects a metric in the seconds up to a second.
    pub(crate) fn select(&self, metric: &'static str, end: u64, length: u64) -> Option<Selection> {
        let window = Window::new(self.start + secs(end), secs(length));
        self.history.select(&Selector::new(metric), window)
    }
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned().into(), (*value).to_owned().into()))
        .collect()
}

fn metric(name: &'static str, data: MetricData) -> Metric {
    Metric {
        name: name.into(),
        unit: "".into(),
        description: "".into(),
        data,
    }
}

pub(crate) fn number(pairs: &[(&str, &str)], start: u64, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        labels: labels(pairs),
        start: SystemTime::UNIX_EPOCH + secs(start),
        value,
    }
}

pub(crate) fn counter(name: &'static str, points: Vec<NumberDataPoint>) -> Metric {
    metric(name, MetricData::Counter(points))
}

pub(crate) fn gauge(name: &'static str, points: Vec<NumberDataPoint>) -> Metric {
    metric(name, MetricData::Gauge(points))
}

/// Returns a counter without labels.
pub(crate) fn jobs(value: f64) -> Metric {
    counter("jobs", vec![number(&[], 0, value)])
}

/// Returns a gauge without labels.
pub(crate) fn temperature(value: f64) -> Metric {
    gauge("temperature", vec![number(&[], 0, value)])
}

pub(crate) fn histogram(name: &'static str, bounds: &[f64], counts: &[u64], sum: f64) -> Metric {
    let point = HistogramDataPoint {
        labels: labels(&[]),
        start: SystemTime::UNIX_EPOCH,
        bounds: Arc::from(bounds),
        counts: counts.to_vec(),
        sum: Some(sum),
        exemplars: Vec::new(),
    };
    metric(name, MetricData::Histogram(vec![point]))
}

/// Returns an exponential histogram with these buckets above zero.
pub(crate) fn exponential(name: &'static str, scale: i32, offset: i32, counts: &[u64]) -> Metric {
    let mut buckets = ExponentialBuckets::new(scale, 0.0);
    buckets.positive = BucketCounts {
        offset,
        counts: counts.to_vec(),
    };
    let point = ExponentialHistogramDataPoint {
        labels: labels(&[]),
        start: SystemTime::UNIX_EPOCH,
        sum: Some(buckets.count() as f64),
        buckets,
        min: None,
        max: None,
        exemplars: Vec::new(),
    };
    metric(name, MetricData::ExponentialHistogram(vec![point]))
}

#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64) {
    let error = (actual - expected).abs() / expected.abs().max(1e-9);
    assert!(error < 1e-9, "{actual} is not {expected}");
}
