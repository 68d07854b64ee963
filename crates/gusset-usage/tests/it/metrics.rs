//! The metrics.

use std::sync::Arc;

use gusset_data::{MetricData, MetricProducer};
use gusset_testkit::PanickingRecorder;
use gusset_usage::{FailureReason, Usage, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::support::{client, request, scene};

/// Returns the series as text.
fn series(usage: &Usage) -> Vec<String> {
    let mut all = Vec::new();
    for metric in usage.metrics() {
        let (MetricData::Counter(points) | MetricData::Gauge(points)) = &metric.data else {
            panic!("{metric:?}")
        };
        for point in points {
            let labels = point.labels.iter();
            let labels: Vec<_> = labels.map(|(_, value)| value.to_string()).collect();
            all.push(format!(
                "{} {} {}",
                metric.name,
                labels.join(","),
                point.value
            ));
        }
    }
    all
}

#[test]
fn metrics_are_those_of_the_report() {
    let scene = scene();
    (0..3).for_each(|_| scene.visit(client(1), "/"));
    scene.call(request(client(9), None, Some("/")));
    let sign_ins = scene.usage.sign_ins();
    for _ in 0..4 {
        sign_ins.failure("ada", client(1), FailureReason::WrongCredentials);
    }
    sign_ins.failure("bob", client(1), FailureReason::WrongCredentials);
    let expected = [
        "gusset.sign_in.max_failures account 4",
        "gusset.sign_in.max_failures client 5",
        "gusset.usage.calls bot 1",
        "gusset.usage.calls person 3",
        "gusset.usage.visitors new,day 1",
        "gusset.usage.visitors returning,day 0",
        "gusset.usage.visitors new,hour 1",
        "gusset.usage.visitors returning,hour 0",
    ];
    assert_eq!(series(&scene.usage), expected);
}

#[test]
fn producer_matches_the_table() {
    for metric in scene().usage.metrics() {
        let row = names::ALL
            .iter()
            .find(|row| metric.name == row.name)
            .unwrap();
        assert_eq!(
            (row.help, row.unit.as_ucum()),
            (&*metric.description, &*metric.unit)
        );
        let (MetricData::Counter(points) | MetricData::Gauge(points)) = metric.data else {
            panic!("a counter or a gauge")
        };
        for (key, _) in points.iter().flat_map(|point| point.labels.iter()) {
            assert!(row.labels.contains(&&**key), "{key}");
        }
    }
}

#[test]
fn sign_ins_are_counted_by_outcome_and_reason() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let usage = Usage::builder()
        .recorder(Arc::new(recorder))
        .build()
        .unwrap();
    let counts = || {
        let all = snapshots.snapshot().into_vec().into_iter();
        let all = all.map(|(key, _, _, value)| {
            let labels = key.key().labels().map(metrics::Label::value);
            (labels.collect::<Vec<_>>().join(","), value)
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let at_start = counts();
    assert_eq!(at_start.len(), 1 + FailureReason::ALL.len());
    assert!(
        at_start
            .iter()
            .all(|(_, value)| *value == DebugValue::Counter(0))
    );
    usage.sign_ins().success("ada", client(1));
    for reason in FailureReason::ALL {
        usage.sign_ins().failure("ada", client(1), reason);
    }
    for (labels, value) in counts() {
        assert_eq!(value, DebugValue::Counter(1), "{labels}");
    }
}

#[test]
fn panic_of_the_recorder_does_not_reach_the_service() {
    let recorder = PanickingRecorder::default();
    let usage = Usage::builder()
        .recorder(Arc::new(recorder.clone()))
        .build();
    let usage = usage.unwrap();
    recorder.start();
    usage.sign_ins().success("ada", client(1));
    assert_eq!(usage.sign_ins().report().successes, 1);
}
