//! The comparison of metrics with the access log entries: totals for each set of labels.

use std::collections::BTreeMap;

use gusset::breaker::CircuitBreaker;
use gusset::testing::{Capture, CapturedCall, Value};
use gusset_data::{MetricData, MetricDescriptor, semconv};
use gusset_metrics::names;

use crate::compare::{Kind, text};

/// Values by the labels of their series, as text.
type BySeries = BTreeMap<Vec<(String, String)>, f64>;

/// Returns the metrics of a kind: durations, outcomes, bytes of responses.
fn metrics(kind: Kind) -> (MetricDescriptor, MetricDescriptor, Option<MetricDescriptor>) {
    match kind {
        Kind::HttpServer => (
            names::HTTP_SERVER_DURATION,
            names::HTTP_SERVER_OUTCOMES,
            Some(names::HTTP_SERVER_RESPONSE_BODY_SIZE),
        ),
        Kind::HttpClient => (
            names::HTTP_CLIENT_DURATION,
            names::HTTP_CLIENT_OUTCOMES,
            Some(names::HTTP_CLIENT_RESPONSE_BODY_SIZE),
        ),
        Kind::GrpcServer => (names::RPC_SERVER_DURATION, names::RPC_SERVER_OUTCOMES, None),
        Kind::GrpcClient => (names::RPC_CLIENT_DURATION, names::RPC_CLIENT_OUTCOMES, None),
    }
}

/// Returns the number of records or the value of each series, and the sums of a histogram.
fn recorded(capture: &Capture, metric: &MetricDescriptor) -> (BySeries, BySeries) {
    let mut metrics = capture.metrics().into_iter();
    let found = metrics.find(|found| found.name == metric.name);
    let found = found.unwrap_or_else(|| panic!("{} is recorded", metric.name));
    let (mut counts, mut sums) = (BySeries::new(), BySeries::new());
    let text = |labels: &gusset_data::Labels| {
        let labels = labels.iter();
        let labels = labels.map(|(key, value)| (key.to_string(), value.to_string()));
        labels.collect::<Vec<_>>()
    };
    match found.data {
        MetricData::Histogram(points) => {
            for point in points {
                let count = point.counts.iter().sum::<u64>() as f64;
                counts.insert(text(&point.labels), count);
                sums.insert(text(&point.labels), point.sum.expect("nothing is negative"));
            }
        }
        MetricData::Counter(points) => {
            counts.extend(
                points
                    .iter()
                    .map(|point| (text(&point.labels), point.value)),
            );
        }
        other => panic!("{}: {other:?}", metric.name),
    }
    (counts, sums)
}

/// Returns what the entries add up to, in the series of a metric.
fn computed(
    entries: &[&Value],
    metric: &MetricDescriptor,
    value: impl Fn(&Value) -> f64,
) -> BySeries {
    let mut series = BySeries::new();
    for entry in entries {
        let labels = metric.labels.iter();
        let labels = labels.filter_map(|key| Some(((*key).to_owned(), text(entry, key)?)));
        let mut labels: Vec<_> = labels.collect();
        labels.sort();
        *series.entry(labels).or_default() += value(entry);
    }
    series
}

/// Compares every series of the calls' metrics with the entries.
pub(crate) fn series(capture: &Capture, calls: &[CapturedCall]) {
    for kind in Kind::ALL {
        let entries = calls.iter().map(CapturedCall::entry);
        let entries: Vec<_> = entries
            .filter(|entry| Kind::of_entry(entry) == kind)
            .collect();
        assert!(!entries.is_empty(), "{kind:?}");
        let (durations, outcomes, bytes) = metrics(kind);
        let (counts, sums) = recorded(capture, &durations);
        assert_eq!(counts, computed(&entries, &durations, |_| 1.0), "{kind:?}");
        let seconds = computed(&entries, &durations, |entry| {
            entry[kind.duration()].as_f64().expect("seconds")
        });
        assert_eq!(
            sums.keys().collect::<Vec<_>>(),
            seconds.keys().collect::<Vec<_>>()
        );
        for (labels, sum) in &sums {
            let expected = seconds[labels];
            assert!(
                (sum - expected).abs() < 1e-5,
                "{labels:?}: {sum} {expected}"
            );
        }
        let (counts, _) = recorded(capture, &outcomes);
        assert_eq!(counts, computed(&entries, &outcomes, |_| 1.0), "{kind:?}");
        if let Some(bytes) = bytes {
            let (_, sums) = recorded(capture, &bytes);
            let has_status =
                |entry: &&Value| entry.get(semconv::HTTP_RESPONSE_STATUS_CODE).is_some();
            let entries: Vec<_> = entries.into_iter().filter(has_status).collect();
            let size = |entry: &Value| entry[semconv::HTTP_RESPONSE_BODY_SIZE].as_f64();
            let expected = computed(&entries, &bytes, |entry| size(entry).expect("bytes"));
            assert_eq!(sums, expected, "{kind:?}");
        }
    }
}

/// Compares what a breaker counts with the entries of its client. Returns the number of its calls.
pub(crate) fn breaker(
    capture: &Capture,
    breaker: &CircuitBreaker,
    entries: &[&Value],
    result: impl Fn(&Value) -> &'static str,
) {
    let mut expected: BTreeMap<&str, f64> = BTreeMap::new();
    for entry in entries {
        *expected.entry(result(entry)).or_default() += 1.0;
    }
    let name = breaker.name();
    let of = |result: &str| expected.get(result).copied().unwrap_or_default();
    for result in ["success", "failure", "throttled", "ignored"] {
        let labels = [
            ("gusset.breaker.name", name),
            ("gusset.breaker.result", result),
        ];
        let recorded = capture.metric("gusset.breaker.calls", &labels);
        assert_eq!(recorded, of(result), "{name} {result}: {expected:?}");
    }
    let counts = breaker.counts();
    let failures = of("failure") + of("throttled");
    assert_eq!(counts.failures as f64, failures, "{name} {counts:?}");
    let counted = of("success") + failures;
    assert_eq!(
        counts.calls as f64, counted,
        "{name} {counts:?} {expected:?}"
    );
    assert_eq!(breaker.rejected() as f64, of("rejected"), "{name}");
    let labels = [("gusset.breaker.name", name)];
    let rejected = capture.metric("gusset.breaker.rejected_calls", &labels);
    assert_eq!(rejected, of("rejected"), "{name}");
    assert_eq!(breaker.in_flight(), 0, "{name}");
}
