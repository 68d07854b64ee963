//! The samples of a metrics endpoint, and those of other sources in the same form.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gusset_tests::programs::STEP_TIMEOUT;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric};
use tokio::time::{Instant, sleep};

#[path = "../../crates/gusset-prometheus/tests/common/mod.rs"]
mod text_format;

/// The name of a sample, with its labels.
pub(crate) type Key = (String, BTreeMap<String, String>);
pub(crate) type Samples = BTreeMap<Key, f64>;

/// Returns the samples of a page in the text format, without those about the pipeline itself, which
/// change with each export, and without the resource.
pub(crate) fn samples(text: &str) -> Samples {
    let samples = text_format::samples(text).into_iter();
    let samples = samples.map(|sample| {
        let labels = sample.labels.into_iter().map(normal_label).collect();
        ((sample.name, labels), sample.value.parse().unwrap())
    });
    samples.filter(|(key, _)| is_of_calls(key)).collect()
}

/// Polls until all samples are those of the page, or panics with the differences.
pub(crate) async fn wait_until_equal(page: &Samples, mut read: impl AsyncFnMut() -> Samples) {
    let start = Instant::now();
    loop {
        let read = read().await;
        if read == *page {
            return;
        }
        if start.elapsed() > STEP_TIMEOUT {
            let keys: BTreeSet<&Key> = page.keys().chain(read.keys()).collect();
            let different = keys.iter().filter(|key| page.get(**key) != read.get(**key));
            for key in different.take(20) {
                let (read, expected) = (read.get(*key), page.get(*key));
                eprintln!("{key:?}: {read:?}, on the page {expected:?}");
            }
            panic!("{} samples, on the page {}", read.len(), page.len());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Returns whether a sample is compared.
pub(crate) fn is_of_calls((name, _): &Key) -> bool {
    !name.starts_with("otel_sdk_") && name != "target_info"
}

/// Returns a label with the bound of a bucket as the shortest number: Prometheus writes `1.0` for `1`.
pub(crate) fn normal_label((name, value): (String, String)) -> (String, String) {
    let value = match value.parse::<f64>() {
        Ok(bound) if name == "le" && bound.is_finite() => bound.to_string(),
        _ => value,
    };
    (name, value)
}

/// Returns the samples that Prometheus makes of metrics in OTLP. Of each sample, the last one counts.
pub(crate) fn from_otlp(metrics: &[Metric]) -> Samples {
    let mut samples = Samples::new();
    for metric in metrics {
        let name = name_with_unit(metric);
        match metric.data.as_ref().unwrap() {
            Data::Gauge(gauge) => {
                for point in &gauge.data_points {
                    let key = (name.clone(), labels(&point.attributes));
                    samples.insert(key, number(point.value.unwrap()));
                }
            }
            Data::Sum(sum) => {
                let suffix = if sum.is_monotonic { "_total" } else { "" };
                for point in &sum.data_points {
                    let key = (format!("{name}{suffix}"), labels(&point.attributes));
                    samples.insert(key, number(point.value.unwrap()));
                }
            }
            Data::Histogram(histogram) => {
                for point in &histogram.data_points {
                    insert_histogram(&mut samples, &name, point);
                }
            }
            other => panic!("{other:?} was not sent"),
        }
    }
    samples.retain(|key, _| is_of_calls(key));
    samples
}

fn insert_histogram(samples: &mut Samples, name: &str, point: &HistogramDataPoint) {
    let mut total = 0;
    let bounds = point.explicit_bounds.iter().copied();
    for (bound, count) in bounds.chain([f64::INFINITY]).zip(&point.bucket_counts) {
        total += count;
        let mut labels = labels(&point.attributes);
        let bound = match bound.is_finite() {
            true => bound.to_string(),
            false => "+Inf".to_owned(),
        };
        labels.insert("le".to_owned(), bound);
        samples.insert((format!("{name}_bucket"), labels), total as f64);
    }
    let mut insert = |suffix, value| {
        let key = (format!("{name}{suffix}"), labels(&point.attributes));
        samples.insert(key, value);
    };
    insert("_count", point.count as f64);
    insert("_sum", point.sum.unwrap());
}

fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let label = |it: &KeyValue| (underscored(&it.key), text(it.value.as_ref().unwrap()));
    attributes.iter().map(label).collect()
}

/// Returns the value of an attribute as the value of a label.
pub(crate) fn text(value: &AnyValue) -> String {
    match value.value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(value) => value.to_string(),
        other => panic!("{other:?} is not a label"),
    }
}

fn number(value: number_data_point::Value) -> f64 {
    match value {
        number_data_point::Value::AsDouble(number) => number,
        number_data_point::Value::AsInt(number) => number as f64,
    }
}

fn name_with_unit(metric: &Metric) -> String {
    let name = underscored(&metric.name);
    match metric.unit.as_str() {
        "s" => format!("{name}_seconds"),
        "By" => format!("{name}_bytes"),
        _ => name,
    }
}

/// Returns a name with underscores for the characters that the text format does not have.
pub(crate) fn underscored(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.replace(|c| !allowed(c), "_")
}
