//! What is measured, through a recorder that gives it back.

use std::collections::BTreeMap;
use std::sync::Arc;

use gusset_breaker::{Breaker, Vote, names};
use gusset_core::Clock;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use crate::support::{fail, in_a_row, secs};

/// Every series, as `name{label=value}`.
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
                DebugValue::Histogram(_) => unreachable!("there is none"),
            };
            (format!("{}{{{}}}", key.name(), labels.join(",")), value)
        })
        .collect()
}

#[test]
fn a_cycle_is_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (clock, hand) = Clock::manual();
    let breaker = Breaker::builder("stock")
        .config(in_a_row(2).slow_cancels_and_window())
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
    let late = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().vote(Vote::Success);
    breaker.try_acquire().unwrap().vote(Vote::Throttled);
    breaker
        .try_acquire()
        .unwrap()
        .vote_after(Vote::Success, secs(9));
    drop(breaker.try_acquire().unwrap());
    fail(&breaker, 2);
    late.vote(Vote::Success);
    states("open");
    assert!(breaker.try_acquire().is_err());
    hand.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    states("half_open");
    probe.vote(Vote::Success);
    states("closed");
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    states("forced_open");
    breaker.observe();
    fail(&breaker, 3);
    states("observing");

    // A snapshot takes the counters along, so they are looked at once.
    drop(breaker);
}

#[test]
fn every_call_is_counted_once_by_its_verdict() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (clock, hand) = Clock::manual();
    let breaker = Breaker::builder("stock")
        .config(in_a_row(2).slow_cancels_and_window())
        .clock(clock)
        .metrics(Arc::new(recorder))
        .build()
        .unwrap();
    let late = breaker.try_acquire().unwrap();
    breaker.try_acquire().unwrap().vote(Vote::Success);
    breaker.try_acquire().unwrap().vote(Vote::Throttled);
    breaker
        .try_acquire()
        .unwrap()
        .vote_after(Vote::Success, secs(9));
    drop(breaker.try_acquire().unwrap());
    fail(&breaker, 2);
    late.vote(Vote::Success);
    assert!(breaker.try_acquire().is_err());
    hand.advance(secs(1));
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    probe.vote(Vote::Success);
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    breaker.observe();
    fail(&breaker, 3);

    let series = series(&snapshotter);
    let of = |name: &str| series.get(&format!("gusset.breaker.{name}")).copied();
    assert_eq!(of("calls{gusset.breaker.verdict=success}"), Some(4.0));
    assert_eq!(of("calls{gusset.breaker.verdict=failure}"), Some(5.0));
    assert_eq!(of("calls{gusset.breaker.verdict=throttled}"), Some(1.0));
    assert_eq!(of("calls{gusset.breaker.verdict=ignored}"), Some(1.0));
    assert_eq!(of("slow_calls{}"), Some(1.0));
    assert_eq!(of("late_results{}"), Some(1.0));
    for state in ["open", "half_open", "forced_open"] {
        let key = format!("refused_calls{{gusset.breaker.state={state}}}");
        assert_eq!(of(&key), Some(1.0), "{state}");
    }
    assert_eq!(
        of("spared{gusset.breaker.reason=consecutive_failures}"),
        Some(1.0)
    );
    for (from, to, reason) in [
        ("closed", "open", "consecutive_failures"),
        ("open", "half_open", "open_time_over"),
        ("half_open", "closed", "probes_succeeded"),
        ("closed", "forced_open", "manual"),
        ("forced_open", "observing", "manual"),
    ] {
        let key = format!(
            "transitions{{gusset.breaker.from={from},gusset.breaker.to={to},gusset.breaker.reason={reason}}}"
        );
        assert_eq!(of(&key), Some(1.0), "{key}");
    }
    // And nothing else, under no other name.
    let known: Vec<&str> = names::ALL.iter().map(|metric| metric.name).collect();
    for key in series.keys() {
        assert!(known.contains(&key.split('{').next().unwrap()), "{key}");
    }
}

trait WithWindow {
    fn slow_cancels_and_window(self) -> Self;
}

impl WithWindow for gusset_breaker::Config {
    /// A window that never opens it, so that slow calls are known.
    fn slow_cancels_and_window(self) -> Self {
        self.count_window(1000)
            .minimum_calls(1000)
            .slow_calls(secs(5), 1.0)
    }
}

#[test]
fn the_page_of_the_breaker_tells_of_every_metric_and_label() {
    let page = include_str!("../../../../docs/breaker.md");
    for metric in names::ALL {
        let row = page
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
