//! `ExportMetricsServiceRequest`.

use std::time::SystemTime;

use gusset_data::{
    Attribute, BucketCounts, Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Labels,
    Metric, MetricData, NumberDataPoint, semconv,
};

use super::{Field, SCHEMA, SCHEMA_URL, Writer, any_value, resource, scope};

/// The scope of all metrics. A [`MetricProducer`](gusset_data::MetricProducer) does not return scopes.
const SCOPE: &str = "gusset";

/// The properties that all data points of one collection have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CollectionContext {
    /// The time of the collection.
    pub(crate) time: SystemTime,
    /// Whether counters and histograms have delta temporality.
    pub(crate) delta: bool,
}

/// The type of the numbers of a metric. Points of one metric have the same one, because many stores keep
/// the type of the first.
#[derive(Clone, Copy, Debug)]
enum Number {
    Integer,
    Double,
}

// === impl Number ===

impl Number {
    /// Returns the type of a sum: integer for counts. Sums of fractions stay doubles.
    fn of_sum(points: &[NumberDataPoint]) -> Self {
        // Integers up to here are exact as doubles.
        const MAX_EXACT: f64 = (1_u64 << 53) as f64;
        let is_integer =
            |point: &NumberDataPoint| point.value.fract() == 0.0 && point.value.abs() <= MAX_EXACT;
        match points.iter().all(is_integer) {
            true => Self::Integer,
            false => Self::Double,
        }
    }
}

// AggregationTemporality
const DELTA: u32 = 1;
const CUMULATIVE: u32 = 2;

pub(super) fn request<W: Writer>(
    out: &mut W,
    resource_attributes: &[Attribute],
    cx: CollectionContext,
    metrics: &[Metric],
) {
    out.list(Field(1, "resourceMetrics"), [()], |out, ()| {
        resource(out, resource_attributes);
        out.list(Field(2, "scopeMetrics"), [()], |out, ()| {
            scope(out, SCOPE);
            out.list(Field(2, "metrics"), metrics, |out, one| {
                metric(out, cx, one);
            });
            out.string(SCHEMA_URL, SCHEMA);
        });
        out.string(SCHEMA_URL, SCHEMA);
    });
}

fn metric<W: Writer>(out: &mut W, cx: CollectionContext, metric: &Metric) {
    out.string(Field(1, "name"), &metric.name);
    if !metric.description.is_empty() {
        out.string(Field(2, "description"), &metric.description);
    }
    if !metric.unit.is_empty() {
        out.string(Field(3, "unit"), &metric.unit);
    }
    let temporality = if cx.delta { DELTA } else { CUMULATIVE };
    match &metric.data {
        MetricData::Counter(points) => {
            // A time that is whole by chance must not change the type of the metric.
            let number = match &*metric.unit {
                "s" => Number::Double,
                _ => Number::of_sum(points),
            };
            sum(out, cx, temporality, true, (points, number));
        }
        // Also cumulative if delta is preferred, as OpenTelemetry specifies.
        MetricData::UpDownCounter(points) => {
            let counts_things = metric.unit.starts_with('{') || metric.unit == "By";
            let number = match counts_things {
                true => Number::of_sum(points),
                false => Number::Double,
            };
            sum(out, cx, CUMULATIVE, false, (points, number));
        }
        MetricData::Gauge(points) => out.message(Field(5, "gauge"), |out| {
            number_points(out, cx, points, Number::Double);
        }),
        MetricData::Histogram(points) => out.message(Field(9, "histogram"), |out| {
            out.list(POINTS, points, |out, point| histogram_point(out, cx, point));
            out.uint32(TEMPORALITY, temporality);
        }),
        MetricData::ExponentialHistogram(points) => {
            out.message(Field(10, "exponentialHistogram"), |out| {
                out.list(POINTS, points, |out, point| {
                    exponential_point(out, cx, point);
                });
                out.uint32(TEMPORALITY, temporality);
            });
        }
        // `MetricData` is non-exhaustive. A new kind is not exported, because a guess would be wrong.
        _ => {}
    }
}

const POINTS: Field = Field(1, "dataPoints");
const TEMPORALITY: Field = Field(2, "aggregationTemporality");

fn sum<W: Writer>(
    out: &mut W,
    cx: CollectionContext,
    temporality: u32,
    monotonic: bool,
    (points, number): (&[NumberDataPoint], Number),
) {
    out.message(Field(7, "sum"), |out| {
        number_points(out, cx, points, number);
        out.uint32(TEMPORALITY, temporality);
        out.boolean(Field(3, "isMonotonic"), monotonic);
    });
}

fn number_points<W: Writer>(
    out: &mut W,
    cx: CollectionContext,
    points: &[NumberDataPoint],
    number: Number,
) {
    out.list(POINTS, points, |out, point| {
        out.time(Field(2, "startTimeUnixNano"), point.start);
        out.time(Field(3, "timeUnixNano"), cx.time);
        match number {
            Number::Integer => out.sfixed64(Field(6, "asInt"), point.value as i64),
            Number::Double => out.double(Field(4, "asDouble"), point.value),
        }
        labels(out, Field(7, "attributes"), &point.labels);
    });
}

fn histogram_point<W: Writer>(out: &mut W, cx: CollectionContext, point: &HistogramDataPoint) {
    out.time(Field(2, "startTimeUnixNano"), point.start);
    out.time(Field(3, "timeUnixNano"), cx.time);
    out.fixed64(Field(4, "count"), point.counts.iter().sum());
    if let Some(sum) = point.sum {
        out.double(Field(5, "sum"), sum);
    }
    out.fixed64s(Field(6, "bucketCounts"), &point.counts);
    out.doubles(Field(7, "explicitBounds"), &point.bounds);
    out.list(Field(8, "exemplars"), &point.exemplars, exemplar);
    labels(out, Field(9, "attributes"), &point.labels);
}

fn exponential_point<W: Writer>(
    out: &mut W,
    cx: CollectionContext,
    point: &ExponentialHistogramDataPoint,
) {
    let ExponentialHistogramDataPoint {
        labels: of_series,
        start,
        buckets,
        sum,
        min,
        max,
        exemplars,
    } = point;
    labels(out, Field(1, "attributes"), of_series);
    out.time(Field(2, "startTimeUnixNano"), *start);
    out.time(Field(3, "timeUnixNano"), cx.time);
    out.fixed64(Field(4, "count"), buckets.count());
    let mut optional = |field, value: &Option<f64>| {
        if let Some(value) = value {
            out.double(field, *value);
        }
    };
    optional(Field(5, "sum"), sum);
    optional(Field(12, "min"), min);
    optional(Field(13, "max"), max);
    out.sint32(Field(6, "scale"), buckets.scale);
    out.fixed64(Field(7, "zeroCount"), buckets.zero_count);
    bucket_counts(out, Field(8, "positive"), &buckets.positive);
    bucket_counts(out, Field(9, "negative"), &buckets.negative);
    out.list(Field(11, "exemplars"), exemplars, exemplar);
    out.double(Field(14, "zeroThreshold"), buckets.zero_threshold);
}

/// Writes buckets. Those of a sign without values are left out.
fn bucket_counts<W: Writer>(out: &mut W, field: Field, buckets: &BucketCounts) {
    if !buckets.counts.is_empty() {
        out.message(field, |out| {
            out.sint32(Field(1, "offset"), buckets.offset);
            out.uint64s(Field(2, "bucketCounts"), &buckets.counts);
        });
    }
}

fn exemplar<W: Writer>(out: &mut W, exemplar: &Exemplar) {
    out.time(Field(2, "timeUnixNano"), exemplar.time);
    out.double(Field(3, "asDouble"), exemplar.value);
    out.id(Field(4, "spanId"), &exemplar.span_id);
    out.id(Field(5, "traceId"), &exemplar.trace_id);
}

fn labels<W: Writer>(out: &mut W, field: Field, labels: &Labels) {
    // A producer of the service may repeat a key.
    let is_last = |at: &usize| {
        let (key, _) = &labels[*at];
        labels[at + 1..].iter().all(|(other, _)| other != key)
    };
    let unique = (0..labels.len()).filter(is_last).map(|at| &labels[at]);
    out.list(field, unique, |out, (name, value)| {
        out.string(Field(1, "key"), name);
        let value = semconv::label_value(name, value);
        out.message(Field(2, "value"), |out| any_value(out, &value, usize::MAX));
    });
}
