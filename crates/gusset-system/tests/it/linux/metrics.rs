//! A snapshot as metrics.

use std::collections::BTreeSet;

use gusset_data::{InstrumentKind, Metric, MetricData, MetricProducer as _, NumberDataPoint};
use gusset_system::{Allocator, Runtime, Snapshot, Source, SystemSampler, names};

use super::folder::Folder;

/// Sets what the kernel of this test may not have.
struct Rest;

impl Source for Rest {
    fn read(&mut self, snapshot: &mut Snapshot) {
        let mut runtime = Runtime::default();
        runtime.workers = Some(2);
        runtime.alive_tasks = Some(7);
        runtime.global_queue = Some(0);
        runtime.busy = Some(vec![std::time::Duration::from_millis(500); 2]);
        runtime.parks = Some(vec![3, 4]);
        snapshot.runtime = runtime;
        let mut allocator = Allocator::default();
        allocator.allocated = Some(1);
        allocator.active = Some(2);
        allocator.resident = Some(3);
        allocator.mapped = Some(4);
        snapshot.allocator = allocator;
    }
}

fn points(metric: &Metric) -> (InstrumentKind, &[NumberDataPoint]) {
    match &metric.data {
        MetricData::Counter(points) => (InstrumentKind::Counter, points),
        MetricData::UpDownCounter(points) => (InstrumentKind::UpDownCounter, points),
        MetricData::Gauge(points) => (InstrumentKind::Gauge, points),
        other => panic!("{}: {other:?}", metric.name),
    }
}

#[test]
fn metrics_are_those_of_the_tables() {
    let sampler = SystemSampler::builder()
        .source(Rest)
        .classic_names()
        .start()
        .unwrap();
    let metrics = sampler.metrics();
    let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let all: Vec<_> = names::ALL.iter().chain(names::CLASSIC).collect();
    for metric in &metrics {
        let name = metric.name.as_str();
        let described = all.iter().find(|it| it.name == name).expect(name);
        assert_eq!(metric.unit, described.unit.as_ucum(), "{name}");
        assert_eq!(metric.description, described.help, "{name}");
        let (kind, points) = points(metric);
        assert_eq!(kind, described.kind, "{name}");
        let mut series = BTreeSet::new();
        for point in points {
            let keys: BTreeSet<_> = point.labels.iter().map(|(key, _)| key.as_str()).collect();
            let known: BTreeSet<_> = described.labels.iter().copied().collect();
            assert_eq!(keys, known, "{name}");
            assert!(point.labels.is_sorted(), "{name}: {:?}", point.labels);
            assert!(
                series.insert(point.labels.clone()),
                "{name} twice: {:?}",
                point.labels
            );
            assert!(
                point.value >= 0.0 && point.value.is_finite(),
                "{name}: {}",
                point.value
            );
        }
    }
}

#[test]
fn what_is_unknown_has_no_metric() {
    let reader = Folder::new().reader();
    let sampler = SystemSampler::builder()
        .without_system()
        .source(reader)
        .start()
        .unwrap();
    let metrics = sampler.metrics();
    let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["gusset.process.file_descriptor.limit"]);
}

#[test]
fn classic_names_are_an_option() {
    let sampler = SystemSampler::builder().start().unwrap();
    let has_classic = |sampler: &SystemSampler| {
        sampler
            .metrics()
            .iter()
            .any(|metric| metric.name == "process_cpu_seconds_total")
    };
    assert!(!has_classic(&sampler));
    let sampler = SystemSampler::builder().classic_names().start().unwrap();
    assert!(has_classic(&sampler));
}

#[test]
fn counters_start_with_what_they_count() {
    let sampler = SystemSampler::builder().start().unwrap();
    let now = sampler.latest().now;
    let metrics = sampler.metrics();
    let start = |name: &str| {
        let metric = metrics
            .iter()
            .find(|metric| metric.name == name)
            .expect(name);
        points(metric).1[0].start
    };
    assert_eq!(Some(start("process.cpu.time")), now.process.start_time);
    assert_eq!(Some(start("system.cpu.time")), now.host.boot_time);
}
