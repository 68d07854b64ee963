//! Metrics at one point in time, and the producers that return them.

use std::sync::Arc;
use std::time::SystemTime;

use crate::{ExponentialBuckets, SharedStr};

/// All series of one metric at one point in time, in OpenTelemetry's data model.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "created in one crate and read in another; both need every field"
)]
pub struct Metric {
    /// The name, for example `http.server.request.duration`.
    pub name: SharedStr,
    /// The unit in UCUM, for example `s`, `By` or `{request}`; empty if there is none.
    pub unit: SharedStr,
    /// The description.
    pub description: SharedStr,
    /// The data points.
    pub data: MetricData,
}

/// The data points of a metric. All are cumulative: since the start of their series.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MetricData {
    /// Sums that only grow.
    Counter(Vec<NumberDataPoint>),
    /// Sums that also decrease, for example calls in flight.
    UpDownCounter(Vec<NumberDataPoint>),
    /// Last recorded values.
    Gauge(Vec<NumberDataPoint>),
    /// Distributions of values.
    Histogram(Vec<HistogramDataPoint>),
    /// Distributions of values, in buckets with boundaries that are powers of one base.
    ExponentialHistogram(Vec<ExponentialHistogramDataPoint>),
}

/// The labels of a series, sorted by key. Each key occurs once.
pub type Labels = Arc<[(SharedStr, SharedStr)]>;

/// A data point with a single number.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct NumberDataPoint {
    /// The labels of the series.
    pub labels: Labels,
    /// The start time of the series.
    pub start: SystemTime,
    /// The value.
    pub value: f64,
}

/// A data point with a histogram.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct HistogramDataPoint {
    /// The labels of the series.
    pub labels: Labels,
    /// The start time of the series.
    pub start: SystemTime,
    /// The inclusive upper bounds of the buckets. The last bucket has none.
    pub bounds: Arc<[f64]>,
    /// The number of values in each bucket: one element more than `bounds`.
    pub counts: Vec<u64>,
    /// The sum of all values. `None` if some are negative, because it is then not a counter (OTLP's data
    /// model).
    pub sum: Option<f64>,
    /// Single values with their traces.
    pub exemplars: Vec<Exemplar>,
}

/// A data point with an exponential histogram. Prometheus calls it a native histogram.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct ExponentialHistogramDataPoint {
    /// The labels of the series.
    pub labels: Labels,
    /// The start time of the series. It does not change when the scale does.
    pub start: SystemTime,
    /// The number of values in each bucket.
    pub buckets: ExponentialBuckets,
    /// The sum of all values. `None` if some are negative, as for
    /// [`HistogramDataPoint`].
    pub sum: Option<f64>,
    /// The least value. `None` if it is not known.
    pub min: Option<f64>,
    /// The greatest value. `None` if it is not known.
    pub max: Option<f64>,
    /// Single values with their traces.
    pub exemplars: Vec<Exemplar>,
}

/// One value and the sampled span in which it was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct Exemplar {
    /// The value.
    pub value: f64,
    /// The time of the recording.
    pub time: SystemTime,
    /// The trace id.
    pub trace_id: [u8; 16],
    /// The span id.
    pub span_id: [u8; 8],
}

/// Returns the metrics of a service. All exporters read the same recording.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no metrics to export",
    label = "not a source of metrics",
    note = "pass a `Registry` of gusset-metrics, or implement `MetricProducer`"
)]
pub trait MetricProducer: Send + Sync + 'static {
    /// Returns the current state of all metrics, sorted by name.
    ///
    /// Exporters call it periodically, not on the path of a request.
    fn metrics(&self) -> Vec<Metric>;
}

impl<S: MetricProducer + ?Sized> MetricProducer for Arc<S> {
    fn metrics(&self) -> Vec<Metric> {
        (**self).metrics()
    }
}
