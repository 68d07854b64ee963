//! The registry as a metric producer.

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

fn metrics_after(record: impl FnOnce()) -> Vec<Metric> {
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
fn metrics_have_unit_and_description() {
    let metrics = metrics_after(|| {
        describe_histogram!("wait.time", Unit::Seconds, "Time waited.");
        describe_counter!("bytes.read", Unit::Bytes, "Bytes read.");
        describe_gauge!("share", Unit::Percent, "In use.");
        histogram!("wait.time").record(1);
        counter!("bytes.read").increment(2);
        counter!("undescribed").increment(1);
        gauge!("share").set(0.5);
    });
    let found: Vec<_> = metrics
        .iter()
        .map(|it| (&*it.name, &*it.unit, &*it.description, kind(it)))
        .collect();
    assert_eq!(
        found,
        [
            ("bytes.read", "By", "Bytes read.", "counter"),
            ("share", "%", "In use.", "gauge"),
            ("undescribed", "", "", "counter"),
            ("wait.time", "s", "Time waited.", "histogram"),
        ]
    );
}

#[test]
fn descriptor_determines_unit_and_kind() {
    use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

    let descriptor = |name, kind| MetricDescriptor::new(name, kind, Unit::Count("{job}"), "Jobs.");
    let registry = Arc::new(Registry::builder().build().unwrap());
    let recorder: gusset_data::SharedRecorder = registry.clone();
    let queue = descriptor("queue", InstrumentKind::UpDownCounter);
    queue.describe(&recorder);
    queue.gauge(&recorder, Vec::new()).set(2.0);
    let level = descriptor("level", InstrumentKind::Gauge);
    level.describe(&recorder);
    level.gauge(&recorder, Vec::new()).increment(1.0);
    let done = descriptor("done", InstrumentKind::Counter);
    done.describe(&recorder);
    done.counter(&recorder, Vec::new()).increment(1);
    assert!(MetricDescriptor::being_described().is_none());
    let metrics = registry.metrics();
    let found: Vec<_> = metrics
        .iter()
        .map(|it| (&*it.name, &*it.unit, kind(it)))
        .collect();
    assert_eq!(
        found,
        [
            ("done", "{job}", "counter"),
            ("level", "{job}", "gauge"),
            ("queue", "{job}", "up-down counter"),
        ]
    );
}

#[test]
fn labels_are_unchanged_and_sorted() {
    let metrics = metrics_after(|| counter!("jobs", "b.c" => "\"x\"", "a" => "1").increment(3));
    let MetricData::Counter(points) = &metrics[0].data else {
        panic!("{metrics:?}");
    };
    let labels: Vec<_> = points[0].labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    assert_eq!(labels, [("a", "1"), ("b.c", "\"x\"")]);
    assert_eq!(points[0].value, 3.0);
}

#[test]
fn metrics_with_one_prometheus_name_are_merged() {
    let metrics = metrics_after(|| {
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
fn first_operation_determines_the_kind() {
    let metrics = metrics_after(|| {
        let (a, b, _untouched) = (gauge!("a"), gauge!("b"), gauge!("c"));
        a.increment(2);
        a.set(7);
        b.set(7);
        b.decrement(2);
    });
    let found: Vec<_> = metrics.iter().map(|it| (&*it.name, kind(it))).collect();
    assert_eq!(found, [("a", "up-down counter"), ("b", "gauge")]);
}

#[test]
fn metric_without_series_is_not_produced() {
    let metrics = metrics_after(|| describe_counter!("jobs", "None yet."));
    assert!(metrics.is_empty(), "{metrics:?}");
}

#[test]
fn series_starts_at_its_registration() {
    let before = SystemTime::now();
    let registry = registry();
    let jobs = with_local_recorder(&registry, || counter!("jobs"));
    let after = SystemTime::now();
    jobs.increment(1);
    let start = registry.counters()[0].series().next().unwrap().start();
    assert!((before..=after).contains(&start));
}

#[test]
fn registries_are_independent_and_sendable() {
    fn assert_shareable<T: Send + Sync + std::fmt::Debug + 'static>() {}
    assert_shareable::<Arc<Registry>>();
    let (one, other) = (registry(), registry());
    with_local_recorder(&one, || counter!("jobs").increment(1));
    assert_eq!(one.metrics().len(), 1);
    assert!(other.metrics().is_empty());
}

#[test]
fn racing_registrations_share_one_series() {
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
    assert!(jobs.series().all(|series| series.value().get() == 4));
    let waits = &registry.histograms()[0];
    assert!(waits.series().all(|series| series.value().sum() == 4.0));
}

#[test]
fn histogram_with_negative_value_has_no_sum() {
    let metrics = metrics_after(|| {
        histogram!("drift", "clock" => "a").record(-3);
        histogram!("drift", "clock" => "b").record(3);
    });
    let MetricData::Histogram(points) = &metrics[0].data else {
        panic!("{metrics:?}");
    };
    assert_eq!((points[0].sum, points[1].sum), (None, Some(3.0)));
}

#[test]
fn boundaries_of_a_descriptor_apply() {
    use gusset_data::{InstrumentKind, MetricDescriptor};

    const LOAD: MetricDescriptor = MetricDescriptor::new(
        "shop.load.duration",
        InstrumentKind::Histogram,
        gusset_data::Unit::Seconds,
        "Duration of loads.",
    )
    .with_boundaries(&[0.4, 0.8]);
    let registry = registry();
    LOAD.describe(&registry);
    with_local_recorder(&registry, || histogram!("shop.load.duration").record(0.5));
    let metrics = registry.metrics();
    let MetricData::Histogram(points) = &metrics[0].data else {
        panic!("{metrics:?}")
    };
    assert_eq!(*points[0].bounds, [0.4, 0.8]);
    assert_eq!(points[0].counts, [0, 1, 0]);
}
