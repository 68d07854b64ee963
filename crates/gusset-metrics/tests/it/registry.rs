//! The registry as a source of values.

use std::sync::Arc;
use std::time::SystemTime;

use gusset_data::{Metric, MetricData, MetricProducer as _};
use gusset_metrics::Registry;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};

fn registry() -> Registry {
    Registry::builder().build_with(|_| None).unwrap()
}

fn told(record: impl FnOnce()) -> Vec<Metric> {
    let registry = registry();
    with_local_recorder(&registry, record);
    registry.metrics()
}

fn kind(metric: &Metric) -> &'static str {
    match &metric.data {
        MetricData::Counter(_) => "counter",
        MetricData::UpDownCounter(_) => "up-down counter",
        MetricData::Gauge(_) => "gauge",
        MetricData::Histogram(_) => "histogram",
        _ => "unknown",
    }
}

#[test]
fn metrics_are_told_in_the_order_of_their_names_with_unit_and_description() {
    let metrics = told(|| {
        describe_histogram!("wait.time", Unit::Seconds, "Time to wait.");
        describe_counter!("bytes.read", Unit::Bytes, "What was read.");
        describe_gauge!("share", Unit::Percent, "In use.");
        histogram!("wait.time").record(1);
        counter!("bytes.read").increment(2);
        counter!("undescribed").increment(1);
        gauge!("share").set(0.5);
    });
    let told: Vec<_> = metrics
        .iter()
        .map(|it| (&*it.name, &*it.unit, &*it.description, kind(it)))
        .collect();
    assert_eq!(
        told,
        [
            ("bytes.read", "By", "What was read.", "counter"),
            ("share", "1", "In use.", "gauge"),
            ("undescribed", "", "", "counter"),
            ("wait.time", "s", "Time to wait.", "histogram"),
        ]
    );
}

#[test]
fn labels_keep_their_spelling_and_stand_in_order() {
    let metrics = told(|| counter!("jobs", "b.c" => "\"x\"", "a" => "1").increment(3));
    let MetricData::Counter(points) = &metrics[0].data else {
        panic!("{metrics:?}");
    };
    let labels: Vec<_> = points[0].labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(labels, [("a", "1"), ("b.c", "\"x\"")]);
    assert_eq!(points[0].value, 3.0);
}

#[test]
fn names_that_fall_together_are_one_metric_under_its_first_spelling() {
    let metrics = told(|| {
        counter!("queue.depth").increment(1);
        counter!("queue_depth").increment(2);
    });
    assert_eq!(metrics.len(), 1);
    assert_eq!(metrics[0].name, "queue.depth");
    let MetricData::Counter(points) = &metrics[0].data else {
        panic!("{metrics:?}");
    };
    assert_eq!((points.len(), points[0].value), (1, 3.0));
}

#[test]
fn the_first_operation_says_whether_a_gauge_is_a_sum() {
    let metrics = told(|| {
        let (a, b, _untouched) = (gauge!("a"), gauge!("b"), gauge!("c"));
        a.increment(2);
        a.set(7);
        b.set(7);
        b.decrement(2);
    });
    let told: Vec<_> = metrics.iter().map(|it| (&*it.name, kind(it))).collect();
    assert_eq!(told, [("a", "up-down counter"), ("b", "gauge")]);
}

#[test]
fn what_was_only_described_is_not_told() {
    let metrics = told(|| describe_counter!("jobs", "None yet."));
    assert!(metrics.is_empty(), "{metrics:?}");
}

#[test]
fn a_series_began_when_it_was_asked_for() {
    let before = SystemTime::now();
    let registry = registry();
    let jobs = with_local_recorder(&registry, || counter!("jobs"));
    let after = SystemTime::now();
    jobs.increment(1);
    let start = registry.counters()[0].series().next().unwrap().start();
    assert!((before..=after).contains(&start));
}

#[test]
fn a_registry_crosses_threads_and_two_do_not_see_each_other() {
    fn shared<T: Send + Sync + std::fmt::Debug + 'static>() {}
    shared::<Arc<Registry>>();
    let (one, other) = (registry(), registry());
    with_local_recorder(&one, || counter!("jobs").increment(1));
    assert_eq!(one.metrics().len(), 1);
    assert!(other.metrics().is_empty());
}

#[test]
fn threads_that_ask_for_one_series_at_once_get_one() {
    let registry = registry();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_local_recorder(&registry, || {
                    for i in 0..100 {
                        counter!("jobs", "job.kind" => i.to_string()).increment(1);
                        histogram!("waits", "job.kind" => i.to_string()).record(1);
                    }
                });
            });
        }
    });
    let jobs = &registry.counters()[0];
    assert_eq!(jobs.series().len(), 100);
    assert!(jobs.series().all(|series| series.cell().value() == 4));
    let waits = &registry.histograms()[0];
    assert!(waits.series().all(|series| series.cell().sum() == 4.0));
}
