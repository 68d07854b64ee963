//! The rendered text and the metric producer have the same values.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod common;

use common::samples;
use gusset_data::{Labels, MetricData, MetricProducer as _};
use gusset_metrics::names::{self, InstrumentKind};
use gusset_prometheus::{PrometheusExporter, Resource};
use metrics::{Key, Label, Level, Metadata, Recorder as _, with_local_recorder};
use proptest::prelude::*;

const METADATA: Metadata<'static> = Metadata::new("test", Level::INFO, None);

/// A sample: name, sorted labels, value.
type SampleValue = (String, Vec<(String, String)>, f64);

fn prometheus() -> PrometheusExporter {
    let builder = PrometheusExporter::builder().resource(Resource::new());
    builder.build().unwrap()
}

/// Returns the samples of the rendered text.
fn rendered(prometheus: &PrometheusExporter) -> Vec<SampleValue> {
    let found = samples(&prometheus.endpoint().render())
        .into_iter()
        .map(|it| {
            let mut labels = it.labels;
            labels.sort();
            (it.name, labels, it.value.parse().unwrap())
        });
    sorted(found.collect())
}

/// Returns the values of the producer as samples, converted by the rules of the specification.
fn produced(prometheus: &PrometheusExporter) -> Vec<SampleValue> {
    let mut found = Vec::new();
    for metric in prometheus.recorder().metrics() {
        let name = name(&metric.name, &metric.unit);
        match metric.data {
            MetricData::Counter(points) => {
                for point in points {
                    found.push((name.clone() + "_total", labels(&point.labels), point.value));
                }
            }
            MetricData::UpDownCounter(points) | MetricData::Gauge(points) => {
                for point in points {
                    found.push((name.clone(), labels(&point.labels), point.value));
                }
            }
            MetricData::Histogram(points) => {
                for point in points {
                    let own = labels(&point.labels);
                    let bounds = point.bounds.iter().map(f64::to_string);
                    let bounds = bounds.chain(["+Inf".to_owned()]);
                    let mut count = 0;
                    for (bound, in_bucket) in bounds.zip(&point.counts) {
                        count += in_bucket;
                        let mut labels = own.clone();
                        labels.push(("le".to_owned(), bound));
                        labels.sort();
                        found.push((name.clone() + "_bucket", labels, count as f64));
                    }
                    found.push((name.clone() + "_count", own.clone(), count as f64));
                    // Without a sum if values are negative, which the text format permits.
                    if let Some(sum) = point.sum {
                        found.push((name.clone() + "_sum", own, sum));
                    }
                }
            }
            other => panic!("unexpected kind: {other:?}"),
        }
    }
    sorted(found)
}

fn sorted(mut samples: Vec<SampleValue>) -> Vec<SampleValue> {
    samples.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    samples
}

fn valid_name(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

fn name(name: &str, unit: &str) -> String {
    match unit {
        "s" => valid_name(name) + "_seconds",
        "By" => valid_name(name) + "_bytes",
        unit if unit.is_empty() || unit.starts_with('{') => valid_name(name),
        unit => panic!("unexpected unit of {name}: {unit}"),
    }
}

fn labels(labels: &Labels) -> Vec<(String, String)> {
    let mut labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| (valid_name(key), value.to_string()))
        .collect();
    labels.sort();
    labels
}

#[test]
fn metrics_of_the_catalogue_agree() {
    let prometheus = prometheus();
    let recorder = prometheus.recorder();
    for (at, metric) in (1_u32..).zip(names::ALL) {
        for turn in 1..=2 {
            let labels = metric.labels.iter().map(|label| {
                let value = format!("{label} {turn}");
                Label::new(*label, value)
            });
            let key = Key::from_parts(metric.name, labels.collect::<Vec<_>>());
            metric.describe(&*recorder);
            match metric.kind {
                InstrumentKind::Counter => {
                    let counter = recorder.register_counter(&key, &METADATA);
                    counter.increment(u64::from(at * turn));
                }
                InstrumentKind::UpDownCounter => {
                    let gauge = recorder.register_gauge(&key, &METADATA);
                    gauge.increment(f64::from(at * turn));
                }
                InstrumentKind::Histogram => {
                    let histogram = recorder.register_histogram(&key, &METADATA);
                    histogram.record(f64::from(at * turn) / 100.0);
                }
                _ => panic!("unexpected kind: {metric:?}"),
            }
            // The second turn describes the metric again, which has no effect.
            if metric.labels.is_empty() {
                break;
            }
        }
    }
    assert_eq!(produced(&prometheus), rendered(&prometheus));

    let metrics = recorder.metrics();
    let mut descriptors: Vec<_> = names::ALL.iter().collect();
    descriptors.sort_by_key(|descriptor| descriptor.name);
    assert_eq!(metrics.len(), descriptors.len());
    for (metric, descriptor) in metrics.iter().zip(descriptors) {
        assert_eq!(metric.name, descriptor.name);
        assert_eq!(metric.unit, descriptor.unit.as_ucum());
        assert_eq!(metric.description, descriptor.help);
        let kind = match &metric.data {
            MetricData::Counter(_) => InstrumentKind::Counter,
            MetricData::UpDownCounter(_) => InstrumentKind::UpDownCounter,
            MetricData::Histogram(_) => InstrumentKind::Histogram,
            other => panic!("{} has the data {other:?}", metric.name),
        };
        assert_eq!(kind, descriptor.kind, "{}", metric.name);
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Count(u64),
    Absolute(u64),
    Add(i32),
    Set(i32),
    Record(i32, usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (0..1000_u64).prop_map(Operation::Count),
        (0..1000_u64).prop_map(Operation::Absolute),
        (-50..50).prop_map(Operation::Add),
        (-50..50).prop_map(Operation::Set),
        (-50..20_000, 0..3_usize).prop_map(|(value, many)| Operation::Record(value, many)),
    ]
}

proptest! {
    // The path of the failures file is derived from `lib.rs`, which proptest does not find here.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_recorded_values_agree(
        operations in prop::collection::vec(
            (operation(), "[ab][._][cd]", prop::collection::vec(("[a-c][.]?[a-c]", "[\\PC\"\n\\\\]{0,4}"), 0..3)),
            1..60,
        ),
    ) {
        let prometheus = prometheus();
        with_local_recorder(&prometheus.recorder(), || {
            for (operation, name, mut labels) in operations {
                // Only the rendered text joins keys with the same Prometheus name.
                labels.sort();
                labels.dedup_by(|a, b| valid_name(&a.0) == valid_name(&b.0));
                // A name for each kind, because of two kinds with one name only one is rendered.
                match operation {
                    Operation::Count(by) => metrics::counter!(format!("c.{name}"), &labels).increment(by),
                    Operation::Absolute(to) => metrics::counter!(format!("c.{name}"), &labels).absolute(to),
                    Operation::Add(by) => metrics::gauge!(format!("g.{name}"), &labels).increment(by),
                    Operation::Set(to) => metrics::gauge!(format!("g.{name}"), &labels).set(to),
                    Operation::Record(value, many) => {
                        metrics::histogram!(format!("h.{name}"), &labels).record_many(value, many);
                    }
                }
            }
        });
        let (produced, mut rendered) = (produced(&prometheus), rendered(&prometheus));
        let is_produced = |(name, labels, _): &SampleValue| {
            produced.iter().any(|it| (&it.0, &it.1) == (name, labels))
        };
        rendered.retain(|sample| !sample.0.ends_with("_sum") || is_produced(sample));
        prop_assert_eq!(produced, rendered);
    }
}
