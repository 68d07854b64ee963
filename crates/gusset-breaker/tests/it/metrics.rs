//! The metrics, through a debugging recorder.

use std::collections::BTreeMap;
use std::sync::Arc;

use gusset_breaker::{CallResult, CircuitBreaker, names};
use gusset_core::Clock;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::{consecutive, fail, secs};

/// Returns every series, as `name{label=value}`.
fn series(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let snapshot = snapshotter.snapshot().into_vec();
    snapshot
        .into_iter()
        .map(|(key, _, _, value)| {
            let key = key.key();
            let labels: Vec<String> = key
                .labels()
                .filter(|label| label.key() != names::NAME)
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            assert!(
                key.labels()
                    .any(|label| label.key() == names::NAME && label.value() == "stock")
            );
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(_) => unreachable!("there are no histograms"),
            };
            (format!("{}{{{}}}", key.name(), labels.join(",")), value)
        })
        .collect()
}

#[test]
fn state_gauge_follows_cycle() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (clock, mock_clock) = Clock::manual();
    let breaker = CircuitBreaker::builder("stock")
        .config(consecutive(2).with_window())
        .clock(clock)
        .metrics(Arc::new(recorder))
        .build()
        .unwrap();
    let states = |expected: &str| {
        let gauges = series(&snapshotter);
        let states: Vec<_> = gauges
            .iter()
            .filter_map(|(key, value)| {
                Some((
                    key.strip_prefix("gusset.breaker.state{gusset.breaker.state=")?,
                    value,
                ))
            })
            .collect();
        assert_eq!(states.len(), 6);
        for (state, value) in states {
            let expected = if state == format!("{expected}}}") {
                1.0
            } else {
                0.0
            };
            assert_eq!(*value, expected, "{state}");
        }
    };
    states("closed");
    let stale = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().record(CallResult::Success);
    breaker.try_acquire().unwrap().record(CallResult::Throttled);
    breaker
        .try_acquire()
        .unwrap()
        .record_with_duration(CallResult::Success, secs(9));
    drop(breaker.try_acquire().unwrap());
    fail(&breaker, 2);
    stale.record(CallResult::Success);
    states("open");
    assert!(breaker.try_acquire().is_err());
    mock_clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    states("half_open");
    probe.record(CallResult::Success);
    states("closed");
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    states("forced_open");
    breaker.dry_run();
    fail(&breaker, 3);
    states("dry_run");
}

#[test]
fn every_call_is_counted_once_by_result() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (clock, mock_clock) = Clock::manual();
    let breaker = CircuitBreaker::builder("stock")
        .config(consecutive(2).with_window())
        .clock(clock)
        .metrics(Arc::new(recorder))
        .build()
        .unwrap();
    let stale = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().record(CallResult::Success);
    breaker.try_acquire().unwrap().record(CallResult::Throttled);
    breaker
        .try_acquire()
        .unwrap()
        .record_with_duration(CallResult::Success, secs(9));
    drop(breaker.try_acquire().unwrap());
    fail(&breaker, 2);
    stale.record(CallResult::Success);
    assert!(breaker.try_acquire().is_err());
    mock_clock.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    probe.record(CallResult::Success);
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    breaker.dry_run();
    fail(&breaker, 3);

    let series = series(&snapshotter);
    let value = |name: &str| series.get(&format!("gusset.breaker.{name}")).copied();
    assert_eq!(value("calls{gusset.breaker.result=success}"), Some(4.0));
    assert_eq!(value("calls{gusset.breaker.result=failure}"), Some(5.0));
    assert_eq!(value("calls{gusset.breaker.result=throttled}"), Some(1.0));
    assert_eq!(value("calls{gusset.breaker.result=ignored}"), Some(1.0));
    assert_eq!(value("slow_calls{}"), Some(1.0));
    assert_eq!(value("stale_results{}"), Some(1.0));
    for state in ["open", "half_open", "forced_open"] {
        let key = format!("rejected_calls{{gusset.breaker.state={state}}}");
        assert_eq!(value(&key), Some(1.0), "{state}");
    }
    assert_eq!(
        value("suppressed_trips{gusset.breaker.reason=consecutive_failures}"),
        Some(1.0)
    );
    for (from, to, reason) in [
        ("closed", "open", "consecutive_failures"),
        ("open", "half_open", "open_duration_elapsed"),
        ("half_open", "closed", "probes_succeeded"),
        ("closed", "forced_open", "manual"),
        ("forced_open", "dry_run", "manual"),
    ] {
        let key = format!(
            "transitions{{gusset.breaker.from={from},gusset.breaker.to={to},gusset.breaker.reason={reason}}}"
        );
        assert_eq!(value(&key), Some(1.0), "{key}");
    }
    // No other names.
    let known: Vec<&str> = names::ALL.iter().map(|metric| metric.name).collect();
    for key in series.keys() {
        assert!(known.contains(&key.split('{').next().unwrap()), "{key}");
    }
}

trait WithWindow {
    fn with_window(self) -> Self;
}

impl WithWindow for gusset_breaker::Config {
    /// Adds a window that never opens the breaker, to measure slow calls.
    fn with_window(self) -> Self {
        self.count_window(1000)
            .minimum_calls(1000)
            .slow_calls(secs(5), 1.0)
    }
}

#[test]
fn documentation_lists_every_metric_and_label() {
    let document = include_str!("../../../../docs/breaker.md");
    for metric in names::ALL {
        let row = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", metric.name)))
            .unwrap_or_else(|| panic!("{} has no row", metric.name));
        let (_, labels) = row.strip_suffix(" |").unwrap().rsplit_once('|').unwrap();
        let expected: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        assert_eq!(labels.trim(), expected.join(", "), "{}", metric.name);
    }
}
