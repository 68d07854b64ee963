//! Producers whose metrics a registry shows.

use std::sync::Arc;
use std::time::SystemTime;

use gusset_data::{Metric, MetricData, MetricProducer, NumberDataPoint};
use gusset_metrics::{Registry, View};
use metrics::{counter, with_local_recorder};

/// Returns one gauge with a name.
struct Gauge(&'static str, f64);

impl MetricProducer for Gauge {
    fn metrics(&self) -> Vec<Metric> {
        let point = NumberDataPoint {
            labels: [].into(),
            start: SystemTime::UNIX_EPOCH,
            value: self.1,
        };
        vec![Metric {
            name: self.0.into(),
            unit: "".into(),
            description: "".into(),
            data: MetricData::Gauge(vec![point]),
        }]
    }
}

struct Panics;

impl MetricProducer for Panics {
    fn metrics(&self) -> Vec<Metric> {
        panic!("of a producer");
    }
}

fn registry() -> Registry {
    Registry::builder().build_with(|_| None).unwrap()
}

fn names(registry: &Registry) -> Vec<String> {
    let metrics = registry.metrics();
    metrics
        .iter()
        .map(|metric| metric.name.to_string())
        .collect()
}

#[test]
fn produced_metrics_are_among_recorded_ones() {
    let registry = registry();
    let (a, c) = (Arc::new(Gauge("a", 1.0)), Arc::new(Gauge("c", 1.0)));
    registry.add_producer(&c);
    registry.add_producer(&a);
    with_local_recorder(&registry, || counter!("b").increment(1));
    assert_eq!(names(&registry), ["a", "b", "c"]);
}

#[test]
fn recorded_metric_is_shown_instead_of_a_produced_one() {
    let registry = registry();
    let own = Arc::new(Gauge("a.b", 1.0));
    registry.add_producer(&own);
    with_local_recorder(&registry, || counter!("a_b").increment(7));
    let metrics = registry.metrics();
    assert!(
        matches!(
            &metrics[..],
            [Metric {
                data: MetricData::Counter(_),
                ..
            }]
        ),
        "{metrics:?}"
    );
}

#[test]
fn first_of_two_producers_is_shown() {
    let registry = registry();
    let (first, second) = (Arc::new(Gauge("a", 1.0)), Arc::new(Gauge("a", 2.0)));
    registry.add_producer(&first);
    registry.add_producer(&second);
    let value = |registry: &Registry| match &registry.metrics()[..] {
        [
            Metric {
                data: MetricData::Gauge(points),
                ..
            },
        ] => points[0].value,
        other => panic!("{other:?}"),
    };
    assert_eq!(value(&registry), 1.0);
    drop(first);
    assert_eq!(value(&registry), 2.0);
}

#[test]
fn view_drops_a_produced_metric() {
    let builder = Registry::builder().view(View::new("system.*").drop_metric());
    let registry = builder.build_with(|_| None).unwrap();
    let (kept, dropped) = (
        Arc::new(Gauge("a", 1.0)),
        Arc::new(Gauge("system.load", 1.0)),
    );
    registry.add_producer(&kept);
    registry.add_producer(&dropped);
    assert_eq!(names(&registry), ["a"]);
}

#[test]
fn producer_that_panics_has_no_metrics() {
    let registry = registry();
    let (panics, other) = (Arc::new(Panics), Arc::new(Gauge("a", 1.0)));
    registry.add_producer(&panics);
    registry.add_producer(&other);
    assert_eq!(names(&registry), ["a"]);
}

#[test]
fn registry_is_not_added_to_itself() {
    let registry = Arc::new(registry());
    registry.add_producer(&registry);
    assert_eq!(names(&registry), [""; 0]);
}
