//! Each change is reported once: in the log and as a metric.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gusset_diagnose::{Hold, Reading, Watcher, kinds, names};
use gusset_system::Snapshot;
use gusset_testkit::EventRecorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tracing::Level;

fn reading(time: u64, open_files: u64, blocked: bool) -> Reading {
    let mut snapshot = Snapshot::default();
    snapshot.time = Duration::from_secs(time);
    snapshot.process.open_files = Some(open_files);
    snapshot.process.open_files_limit = Some(1024);
    snapshot.runtime.workers = Some(2);
    let busy = if blocked {
        Duration::from_secs(time)
    } else {
        Duration::ZERO
    };
    snapshot.runtime.busy = Some(vec![busy; 2]);
    snapshot.process.user_time = Some(Duration::ZERO);
    snapshot.process.system_time = Some(Duration::ZERO);
    snapshot.process.run_delay = Some(Duration::ZERO);
    snapshot.runtime.lag_p99 = Some(Duration::from_millis(100));
    Reading::from(snapshot)
}

fn active(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        assert_eq!(key.key().name(), names::ACTIVE.name);
        let label = key.key().labels().next().unwrap();
        assert_eq!(label.key(), names::FINDING);
        let DebugValue::Gauge(value) = value else {
            panic!("not a gauge");
        };
        (label.value().to_owned(), value.into_inner())
    })
    .collect()
}

#[test]
fn each_change_is_logged_once() {
    let log = EventRecorder::new(Level::INFO);
    log.record(|| {
        let mut watcher = Watcher::builder().hold(Hold::new(2, 2, 2)).build().unwrap();
        for (time, open) in [
            (10, 50),
            (20, 1000),
            (30, 1000),
            (40, 1000),
            (50, 50),
            (60, 50),
        ] {
            let mut reading = reading(time, open, false);
            reading.snapshot.runtime.lag_p99 = None;
            watcher.observe(reading);
        }
    });
    let events = log.events();
    assert_eq!(events.len(), 2, "{:?}", log.lines());
    let field = |at: usize, name: &str| events[at].field(name).map(str::to_owned);
    for at in 0..2 {
        assert_eq!(
            field(at, "gusset.diagnosis.finding").as_deref(),
            Some("files.limit")
        );
    }
    assert_eq!(
        field(0, "gusset.diagnosis.severity").as_deref(),
        Some("critical")
    );
    assert_eq!(
        field(0, "gusset.diagnosis.confidence").as_deref(),
        Some("high")
    );
    let lines = log.lines();
    assert!(lines[0].contains("no file descriptor left"), "{lines:?}");
    assert!(
        lines[0].contains("98 % (threshold 70 %). To do: Raise the limit"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("the finding `files.limit` has ended"),
        "{lines:?}"
    );
}

#[test]
fn finding_that_becomes_a_consequence_has_not_ended() {
    let log = EventRecorder::new(Level::INFO);
    log.record(|| {
        let mut watcher = Watcher::builder().hold(Hold::new(1, 1, 1)).build().unwrap();
        // The lag is there first, and then its cause.
        for (time, is_blocked) in [(10, false), (20, false), (30, true), (60, true)] {
            watcher.observe(reading(time, 50, is_blocked));
        }
    });
    let events = log.events();
    let ids: Vec<_> = events
        .iter()
        .filter_map(|it| it.field("gusset.diagnosis.finding"))
        .collect();
    assert_eq!(ids, ["runtime.lag", "runtime.blocked"]);
}

#[test]
fn metric_shows_what_is_active() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let watcher = Watcher::builder()
        .hold(Hold::new(1, 1, 1))
        .recorder(Arc::new(recorder));
    let mut watcher = watcher.build().unwrap();
    let before = active(&snapshotter);
    assert_eq!(
        before.len(),
        kinds().count(),
        "each is 0 before it is found"
    );
    assert!(before.values().all(|value| *value == 0.0));
    watcher.observe(reading(10, 1000, false));
    watcher.observe(reading(20, 1000, true));
    watcher.observe(reading(30, 1000, true));
    let during = active(&snapshotter);
    let found: Vec<_> = during.iter().filter(|(_, value)| **value == 1.0).collect();
    let found: Vec<_> = found.into_iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(found, ["files.limit", "runtime.blocked", "runtime.lag"]);
}

#[test]
fn latest_diagnosis_is_shared() {
    let mut watcher = Watcher::builder().hold(Hold::new(1, 1, 1)).build().unwrap();
    let latest = watcher.latest().clone();
    assert!(latest.get().is_clear());
    let diagnosis = watcher.observe(reading(10, 1000, false));
    assert_eq!(latest.get(), diagnosis);
    assert!(latest.get().finding("files.limit").is_some());
}

#[test]
fn panicking_recorder_does_not_reach_the_caller() {
    let recorder = Arc::new(gusset_testkit::PanickingRecorder::default());
    let watcher = Watcher::builder().recorder(recorder).build();
    watcher.unwrap().observe(Reading::default());
}
