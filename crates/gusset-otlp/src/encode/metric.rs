//! `ExportMetricsServiceRequest`.

use std::time::SystemTime;

use gusset_data::{
    Attribute, Exemplar, HistogramDataPoint, Labels, Metric, MetricData, NumberDataPoint,
};

use super::{Field, Writer, resource, scope};

/// The scope of all metrics: a source does not tell which part of it made one.
const SCOPE: &str = "gusset";

/// What all points of one export have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// When they were read.
    pub(crate) time: SystemTime,
    /// Counters and histograms are differences to the export before.
    pub(crate) delta: bool,
}

// AggregationTemporality
const DELTA: u32 = 1;
const CUMULATIVE: u32 = 2;

pub(super) fn request<W: Writer>(to: &mut W, of: &[Attribute], moment: Moment, metrics: &[Metric]) {
    to.list(Field(1, "resourceMetrics"), [()], |to, ()| {
        resource(to, of);
        to.list(Field(2, "scopeMetrics"), [()], |to, ()| {
            scope(to, SCOPE);
            to.list(Field(2, "metrics"), metrics, |to, one| {
                metric(to, moment, one);
            });
        });
    });
}

fn metric<W: Writer>(to: &mut W, moment: Moment, metric: &Metric) {
    to.text(Field(1, "name"), &metric.name);
    if !metric.description.is_empty() {
        to.text(Field(2, "description"), &metric.description);
    }
    if !metric.unit.is_empty() {
        to.text(Field(3, "unit"), &metric.unit);
    }
    let temporality = if moment.delta { DELTA } else { CUMULATIVE };
    match &metric.data {
        MetricData::Counter(points) => sum(to, moment, temporality, true, points),
        // What goes up and down is told as it stands, also to those who prefer differences.
        MetricData::UpDownCounter(points) => sum(to, moment, CUMULATIVE, false, points),
        MetricData::Gauge(points) => to.message(Field(5, "gauge"), |to| {
            numbers(to, moment, points);
        }),
        MetricData::Histogram(points) => to.message(Field(9, "histogram"), |to| {
            to.list(POINTS, points, |to, point| histogram(to, moment, point));
            to.uint32(TEMPORALITY, temporality);
        }),
        // A kind that is not known here yet is not exported: a guess would be a wrong number.
        _ => {}
    }
}

const POINTS: Field = Field(1, "dataPoints");
const TEMPORALITY: Field = Field(2, "aggregationTemporality");

fn sum<W: Writer>(
    to: &mut W,
    moment: Moment,
    temporality: u32,
    monotonic: bool,
    points: &[NumberDataPoint],
) {
    to.message(Field(7, "sum"), |to| {
        numbers(to, moment, points);
        to.uint32(TEMPORALITY, temporality);
        to.boolean(Field(3, "isMonotonic"), monotonic);
    });
}

fn numbers<W: Writer>(to: &mut W, moment: Moment, points: &[NumberDataPoint]) {
    to.list(POINTS, points, |to, point| {
        to.time(Field(2, "startTimeUnixNano"), point.start);
        to.time(Field(3, "timeUnixNano"), moment.time);
        to.double(Field(4, "asDouble"), point.value);
        labels(to, Field(7, "attributes"), &point.labels);
    });
}

fn histogram<W: Writer>(to: &mut W, moment: Moment, point: &HistogramDataPoint) {
    to.time(Field(2, "startTimeUnixNano"), point.start);
    to.time(Field(3, "timeUnixNano"), moment.time);
    to.fixed64(Field(4, "count"), point.counts.iter().sum());
    to.double(Field(5, "sum"), point.sum);
    to.fixed64s(Field(6, "bucketCounts"), &point.counts);
    to.doubles(Field(7, "explicitBounds"), &point.bounds);
    to.list(Field(8, "exemplars"), &point.exemplars, exemplar);
    labels(to, Field(9, "attributes"), &point.labels);
}

fn exemplar<W: Writer>(to: &mut W, exemplar: &Exemplar) {
    to.time(Field(2, "timeUnixNano"), exemplar.time);
    to.double(Field(3, "asDouble"), exemplar.value);
    to.id(Field(4, "spanId"), &exemplar.span_id);
    to.id(Field(5, "traceId"), &exemplar.trace_id);
}

fn labels<W: Writer>(to: &mut W, field: Field, labels: &Labels) {
    to.list(field, labels.iter(), |to, (name, value)| {
        to.text(Field(1, "key"), name);
        to.message(Field(2, "value"), |to| {
            to.text(Field(1, "stringValue"), value);
        });
    });
}
