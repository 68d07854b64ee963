//! Writes the Prometheus protobuf format.

mod messages;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use gusset_data::{ExponentialBuckets, HistogramDataPoint, Labels};
use gusset_metrics::registry::prometheus_names::label_pairs;
use gusset_metrics::registry::{CounterValue, GaugeValue, HistogramValue, MetricFamily, Series};
use prost::Message as _;

use self::messages as proto;
use self::messages::MetricType;
use self::spans::spans;
use crate::produced::ProducedFamily;
use crate::{naming, text};

/// The schemas that Prometheus has. A scale is one of them, or is less if a histogram is allowed very few
/// buckets.
const SCHEMAS: std::ops::RangeInclusive<i32> = -4..=8;

/// Writes families, each after its length.
#[derive(Debug, Default)]
pub(crate) struct ProtobufWriter {
    bytes: Vec<u8>,
}

// === impl ProtobufWriter ===

impl ProtobufWriter {
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the resource.
    pub(crate) fn target(&mut self, name: &str, labels: &BTreeMap<String, String>) {
        let pairs = labels.iter();
        let metric = proto::Metric {
            label: pairs.map(|(name, value)| pair(name, value)).collect(),
            gauge: Some(proto::Gauge { value: Some(1.0) }),
            ..proto::Metric::default()
        };
        self.write(&proto::MetricFamily {
            name: Some(name.to_owned()),
            help: Some("Target metadata".to_owned()),
            r#type: Some(MetricType::Gauge.into()),
            metric: vec![metric],
            unit: None,
        });
    }

    pub(crate) fn counter(&mut self, name: &str, family: &MetricFamily<CounterValue>) {
        self.family(name, family, MetricType::Counter, None, |series| {
            proto::Metric {
                counter: Some(proto::Counter {
                    value: Some(count(series)),
                    created_timestamp: Some(timestamp(series.start())),
                }),
                ..proto::Metric::default()
            }
        });
    }

    pub(crate) fn gauge(&mut self, name: &str, family: &MetricFamily<GaugeValue>) {
        self.family(name, family, MetricType::Gauge, None, |series| {
            proto::Metric {
                gauge: Some(proto::Gauge {
                    value: Some(series.value().get()),
                }),
                ..proto::Metric::default()
            }
        });
    }

    pub(crate) fn histogram(&mut self, name: &str, family: &MetricFamily<HistogramValue>) {
        self.family(name, family, MetricType::Histogram, Some("le"), |series| {
            proto::Metric {
                histogram: Some(histogram(series)),
                ..proto::Metric::default()
            }
        });
    }

    /// Writes a family that a producer returned.
    pub(crate) fn produced(&mut self, name: &str, family: &ProducedFamily) {
        let label = |labels: &Labels| {
            let labels = labels.iter().map(|(key, value)| (&**key, &**value));
            let pairs = label_pairs(labels, family.reserved_label());
            pairs
                .iter()
                .map(|(name, value)| pair(name, value))
                .collect()
        };
        let numbers = family.number_points().iter().map(|point| {
            let (value, counter) = (Some(point.value), family.is_counter());
            proto::Metric {
                label: label(&point.labels),
                gauge: (!counter).then_some(proto::Gauge { value }),
                counter: counter.then(|| proto::Counter {
                    value,
                    created_timestamp: Some(timestamp(point.start)),
                }),
                ..proto::Metric::default()
            }
        });
        let histograms = family.histogram_points().iter().map(|point| proto::Metric {
            label: label(&point.labels),
            histogram: Some(produced_histogram(point)),
            ..proto::Metric::default()
        });
        let kind = match (family.is_counter(), family.is_histogram()) {
            (true, _) => MetricType::Counter,
            (_, true) => MetricType::Histogram,
            _ => MetricType::Gauge,
        };
        self.write(&proto::MetricFamily {
            name: Some(name.to_owned()),
            help: family.help().map(str::to_owned),
            r#type: Some(kind.into()),
            metric: numbers.chain(histograms).collect(),
            unit: naming::unit_suffix(family.unit()).map(str::to_owned),
        });
    }

    fn family<V>(
        &mut self,
        name: &str,
        family: &MetricFamily<V>,
        kind: MetricType,
        reserved: Option<&str>,
        metric: impl Fn(&Series<V>) -> proto::Metric,
    ) {
        let metrics = family.series().map(|series| {
            let labels = series.labels();
            let labels = labels.iter().map(|(key, value)| (&**key, &**value));
            let labels = label_pairs(labels, reserved);
            proto::Metric {
                label: labels
                    .iter()
                    .map(|(name, value)| pair(name, value))
                    .collect(),
                ..metric(series)
            }
        });
        self.write(&proto::MetricFamily {
            name: Some(name.to_owned()),
            help: family.help().map(|help| (**help).to_owned()),
            r#type: Some(kind.into()),
            metric: metrics.collect(),
            unit: naming::unit_suffix(family.unit()).map(str::to_owned),
        });
    }

    fn write(&mut self, family: &proto::MetricFamily) {
        family
            .encode_length_delimited(&mut self.bytes)
            .expect("a vector has room for any message");
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the format has no other numbers"
)]
fn count(series: &Series<CounterValue>) -> f64 {
    series.value().get() as f64
}

fn pair(name: &str, value: &str) -> proto::LabelPair {
    proto::LabelPair {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
    }
}

/// Writes the buckets of a histogram that a producer returned.
fn produced_histogram(point: &HistogramDataPoint) -> proto::Histogram {
    let bounds = point.bounds.iter().copied().chain([f64::INFINITY]);
    let mut cumulative = 0;
    let buckets = bounds.zip(&point.counts).map(|(bound, in_bucket)| {
        cumulative += in_bucket;
        proto::Bucket {
            cumulative_count: Some(cumulative),
            upper_bound: Some(bound),
            exemplar: None,
        }
    });
    proto::Histogram {
        bucket: buckets.collect(),
        sample_count: Some(point.counts.iter().sum()),
        sample_sum: point.sum,
        created_timestamp: Some(timestamp(point.start)),
        ..proto::Histogram::default()
    }
}

/// Writes the explicit buckets, and beside them those of a native histogram: what Prometheus stores is its own
/// choice.
fn histogram(series: &Series<HistogramValue>) -> proto::Histogram {
    let value = series.value();
    let native = value.exponential_buckets();
    let native = native.filter(|buckets| SCHEMAS.contains(&buckets.scale));
    let counts: Vec<u64> = value.bucket_counts().collect();
    // Prometheus rejects a native histogram with another number of values than its buckets have. A value that is
    // recorded meanwhile may be in the explicit buckets only.
    let sample_count = match &native {
        Some(native) => native.count(),
        None => counts.iter().sum(),
    };
    let bounds = value.boundaries().upper_bounds().iter().copied();
    let mut exemplars = value.exemplars().peekable();
    let (mut buckets, mut of_native, mut cumulative) = (Vec::new(), Vec::new(), 0);
    for (index, (bound, in_bucket)) in bounds.chain([f64::INFINITY]).zip(counts).enumerate() {
        cumulative = match bound.is_finite() {
            true => sample_count.min(cumulative + in_bucket),
            false => sample_count,
        };
        let exemplar = exemplars.next_if(|(bucket, _)| *bucket == index);
        let exemplar = exemplar.map(|(_, exemplar)| self::exemplar(&exemplar));
        of_native.extend(exemplar.clone());
        buckets.push(proto::Bucket {
            cumulative_count: Some(cumulative),
            upper_bound: Some(bound),
            exemplar,
        });
    }
    let explicit = proto::Histogram {
        sample_count: Some(sample_count),
        sample_sum: Some(value.sum()),
        bucket: buckets,
        created_timestamp: Some(timestamp(series.start())),
        ..proto::Histogram::default()
    };
    match native {
        Some(native) => with_native(explicit, &native, of_native),
        None => explicit,
    }
}

fn with_native(
    explicit: proto::Histogram,
    native: &ExponentialBuckets,
    exemplars: Vec<proto::Exemplar>,
) -> proto::Histogram {
    let (positive_span, positive_delta) = spans(&native.positive);
    let (negative_span, negative_delta) = spans(&native.negative);
    proto::Histogram {
        schema: Some(native.scale),
        zero_threshold: Some(native.zero_threshold),
        zero_count: Some(native.zero_count),
        negative_span,
        negative_delta,
        positive_span,
        positive_delta,
        exemplars,
        ..explicit
    }
}

fn exemplar(exemplar: &gusset_data::Exemplar) -> proto::Exemplar {
    let id = |name, bytes: &[u8]| {
        let mut hex = String::new();
        text::push_hex(&mut hex, bytes);
        pair(name, &hex)
    };
    proto::Exemplar {
        label: vec![
            id("trace_id", &exemplar.trace_id),
            id("span_id", &exemplar.span_id),
        ],
        value: Some(exemplar.value),
        timestamp: Some(timestamp(exemplar.time)),
    }
}

/// Returns a time. One before 1970 is 1970, as in the other formats.
fn timestamp(time: SystemTime) -> proto::Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    proto::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        // Below a billion.
        nanos: since.subsec_nanos() as i32,
    }
}
