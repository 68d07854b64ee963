//! The history measures itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use gusset_history::{History, names};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::{Readings, counter, jobs, number};

fn values(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => panic!("none of them is a histogram"),
        };
        (key.key().name().to_owned(), value)
    })
    .collect()
}

#[test]
fn what_is_kept_and_what_is_dropped_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let history = History::builder()
        .memory_limit(16 * 1024)
        .recorder(Arc::new(recorder));
    let readings = Readings::with(history.build().unwrap());
    let before = values(&snapshotter);
    assert_eq!(
        before.len(),
        names::ALL.len(),
        "each is 0 before it happens"
    );
    assert!(before.values().all(|value| *value == 0.0));

    let series = |count: usize, value: f64| {
        let point = |at: usize| number(&[("name", &at.to_string())], 0, value + at as f64 / 3.0);
        counter("many", (0..count).map(point).collect())
    };
    for reading in 0..200 {
        readings.record(
            10 * reading,
            vec![series(100, reading as f64 * 1.1), jobs(1.0)],
        );
    }
    readings.record(10_000, vec![jobs(2.0)]);
    let now = values(&snapshotter);
    let usage = readings.history.usage();
    assert_eq!(now[names::READINGS.name], 201.0);
    assert_eq!(now[names::LATE_READINGS.name], 1.0);
    assert_eq!(
        now[names::DROPPED_READINGS.name],
        usage.dropped_readings as f64
    );
    assert_eq!(now[names::DROPPED_POINTS.name], usage.dropped_points as f64);
    assert_eq!(now[names::SERIES.name], usage.series as f64);
    assert_eq!(now[names::MEMORY.name], usage.bytes as f64);
    assert!(usage.dropped_readings > 0 && usage.dropped_points > 0);
}
