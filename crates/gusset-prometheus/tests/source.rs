//! The page and the values behind it tell the same.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::samples;
use gusset_data::{Labels, MetricData, MetricProducer as _};
use gusset_metrics::names::{self, Kind};
use gusset_prometheus::{Prometheus, Resource};
use metrics::{Key, Label, Level, Metadata, Recorder as _, with_local_recorder};
use proptest::prelude::*;

const METADATA: Metadata<'static> = Metadata::new("test", Level::INFO, None);

/// A line of the page: name, labels in order, value.
type Line = (String, Vec<(String, String)>, f64);

fn prometheus() -> Prometheus {
    let nothing = Prometheus::builder().resource(Resource::new());
    nothing.build().unwrap()
}

/// What the page shows.
fn shown(prometheus: &Prometheus) -> Vec<Line> {
    let lines = samples(&prometheus.page().render()).into_iter().map(|it| {
        let mut labels = it.labels;
        labels.sort();
        (it.name, labels, it.value.parse().unwrap())
    });
    sorted(lines.collect())
}

/// What the values would be on a page, by the specification's rules and not by our writer.
fn told(prometheus: &Prometheus) -> Vec<Line> {
    let mut lines = Vec::new();
    for metric in prometheus.recorder().metrics() {
        let name = name(&metric.name, &metric.unit);
        match metric.data {
            MetricData::Counter(points) => {
                for point in points {
                    lines.push((name.clone() + "_total", labels(&point.labels), point.value));
                }
            }
            MetricData::UpDownCounter(points) | MetricData::Gauge(points) => {
                for point in points {
                    lines.push((name.clone(), labels(&point.labels), point.value));
                }
            }
            MetricData::Histogram(points) => {
                for point in points {
                    let own = labels(&point.labels);
                    let ends = point.bounds.iter().map(f64::to_string);
                    let ends = ends.chain(["+Inf".to_owned()]);
                    let mut count = 0;
                    for (end, more) in ends.zip(&point.counts) {
                        count += more;
                        let mut labels = own.clone();
                        labels.push(("le".to_owned(), end));
                        labels.sort();
                        lines.push((name.clone() + "_bucket", labels, count as f64));
                    }
                    lines.push((name.clone() + "_count", own.clone(), count as f64));
                    lines.push((name.clone() + "_sum", own, point.sum));
                }
            }
            other => panic!("{other:?} is of no kind that a page knows"),
        }
    }
    sorted(lines)
}

fn sorted(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    lines
}

fn word(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

fn name(name: &str, unit: &str) -> String {
    match unit {
        "s" => word(name) + "_seconds",
        "By" => word(name) + "_bytes",
        unit if unit.is_empty() || unit.starts_with('{') => word(name),
        unit => panic!("{name} has the unit {unit}"),
    }
}

fn labels(labels: &Labels) -> Vec<(String, String)> {
    let mut labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| (word(key), value.to_string()))
        .collect();
    labels.sort();
    labels
}

#[test]
fn every_metric_of_the_catalogue_is_told_as_it_is_shown() {
    let prometheus = prometheus();
    let recorder = prometheus.recorder();
    for (at, metric) in (1_u32..).zip(names::ALL) {
        let unit = Some(metric.unit.into());
        for turn in 1..=2 {
            let labels = metric.labels.iter().map(|label| {
                let value = format!("{label} {turn}");
                Label::new(*label, value)
            });
            let key = Key::from_parts(metric.name, labels.collect::<Vec<_>>());
            match metric.kind {
                Kind::Counter => {
                    recorder.describe_counter(metric.name.into(), unit, metric.help.into());
                    let counter = recorder.register_counter(&key, &METADATA);
                    counter.increment(u64::from(at * turn));
                }
                Kind::Gauge => {
                    recorder.describe_gauge(metric.name.into(), unit, metric.help.into());
                    let gauge = recorder.register_gauge(&key, &METADATA);
                    gauge.increment(f64::from(at * turn));
                }
                Kind::Histogram => {
                    recorder.describe_histogram(metric.name.into(), unit, metric.help.into());
                    let histogram = recorder.register_histogram(&key, &METADATA);
                    histogram.record(f64::from(at * turn) / 100.0);
                }
                _ => panic!("{metric:?} is of no kind that is known here"),
            }
            // Described again by the second turn: the first stands.
            if metric.labels.is_empty() {
                break;
            }
        }
    }
    assert_eq!(told(&prometheus), shown(&prometheus));

    let told = recorder.metrics();
    let mut ours: Vec<_> = names::ALL.iter().collect();
    ours.sort_by_key(|metric| metric.name);
    assert_eq!(told.len(), ours.len());
    for (told, metric) in told.iter().zip(ours) {
        assert_eq!(told.name, metric.name);
        assert_eq!(told.unit, metric.unit.to_string());
        assert_eq!(told.description, metric.help);
        let kind = match &told.data {
            MetricData::Counter(_) => Kind::Counter,
            MetricData::UpDownCounter(_) => Kind::Gauge,
            MetricData::Histogram(_) => Kind::Histogram,
            other => panic!("{} is told as {other:?}", told.name),
        };
        assert_eq!(kind, metric.kind, "{}", told.name);
    }
}

#[derive(Clone, Debug)]
enum Act {
    Count(u64),
    Absolute(u64),
    Add(i32),
    Set(i32),
    Record(i32, usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..1000_u64).prop_map(Act::Count),
        (0..1000_u64).prop_map(Act::Absolute),
        (-50..50).prop_map(Act::Add),
        (-50..50).prop_map(Act::Set),
        (-50..20_000, 0..3_usize).prop_map(|(value, many)| Act::Record(value, many)),
    ]
}

proptest! {
    // The place it would keep failures in is guessed from where `lib.rs` is.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_is_told_as_it_is_shown(
        acts in prop::collection::vec(
            (act(), "[ab][._][cd]", prop::collection::vec(("[a-c][.]?[a-c]", "[\\PC\"\n\\\\]{0,4}"), 0..3)),
            1..60,
        ),
    ) {
        let prometheus = prometheus();
        with_local_recorder(&prometheus.recorder(), || {
            for (act, name, mut labels) in acts {
                // Keys that fall together are joined on the page alone.
                labels.sort();
                labels.dedup_by(|a, b| word(&a.0) == word(&b.0));
                // A name for each kind: of two kinds with one name the page shows one.
                match act {
                    Act::Count(by) => metrics::counter!(format!("c.{name}"), &labels).increment(by),
                    Act::Absolute(to) => metrics::counter!(format!("c.{name}"), &labels).absolute(to),
                    Act::Add(by) => metrics::gauge!(format!("g.{name}"), &labels).increment(by),
                    Act::Set(to) => metrics::gauge!(format!("g.{name}"), &labels).set(to),
                    Act::Record(value, many) => {
                        metrics::histogram!(format!("h.{name}"), &labels).record_many(value, many);
                    }
                }
            }
        });
        prop_assert_eq!(told(&prometheus), shown(&prometheus));
    }
}
