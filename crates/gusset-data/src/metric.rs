//! Metrics as they stand at one moment, and who tells them.

use std::sync::Arc;
use std::time::SystemTime;

use crate::SharedStr;

/// All series of one metric at one moment, in OpenTelemetry's spelling and data model.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by one crate and read by another; each must know all of it"
)]
pub struct Metric {
    /// `http.server.request.duration`
    pub name: SharedStr,
    /// UCUM: `s`, `By`, `{request}`; empty if there is none.
    pub unit: SharedStr,
    /// What it tells.
    pub description: SharedStr,
    /// The numbers.
    pub data: MetricData,
}

/// The numbers of a metric, all since the start of their series (cumulative).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MetricData {
    /// What only grows.
    Counter(Vec<NumberDataPoint>),
    /// What is added up, and goes down too: calls under way.
    UpDownCounter(Vec<NumberDataPoint>),
    /// What was last seen.
    Gauge(Vec<NumberDataPoint>),
    /// How values are spread.
    Histogram(Vec<HistogramDataPoint>),
}

/// The labels of a series: keys in their order, each once.
pub type Labels = Arc<[(SharedStr, SharedStr)]>;

/// A number.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as the metric's")]
pub struct NumberDataPoint {
    /// Which series.
    pub labels: Labels,
    /// When the series began.
    pub start: SystemTime,
    /// The number.
    pub value: f64,
}

/// A histogram.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as the metric's")]
pub struct HistogramDataPoint {
    /// Which series.
    pub labels: Labels,
    /// When the series began.
    pub start: SystemTime,
    /// The ends of the buckets, which belong to them; the last bucket has none.
    pub bounds: Arc<[f64]>,
    /// What is in each bucket: one more than there are ends.
    pub counts: Vec<u64>,
    /// All values, added up.
    pub sum: f64,
    /// Single values that tell their trace.
    pub exemplars: Vec<Exemplar>,
}

/// One value and the sampled span it was recorded in.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "as the metric's")]
pub struct Exemplar {
    /// The value.
    pub value: f64,
    /// When it was recorded.
    pub time: SystemTime,
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span.
    pub span_id: [u8; 8],
}

/// Tells the metrics of a service: one recording, from which every road is served.
pub trait MetricProducer: Send + Sync + 'static {
    /// Everything as it stands, metrics in the order of their names. Called off the path of requests.
    fn metrics(&self) -> Vec<Metric>;
}

impl<S: MetricProducer + ?Sized> MetricProducer for Arc<S> {
    fn metrics(&self) -> Vec<Metric> {
        (**self).metrics()
    }
}
