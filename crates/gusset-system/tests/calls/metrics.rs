//! The metrics of calls.

use std::future::ready;

use gusset_data::{Metric, MetricData, MetricProducer as _, NumberDataPoint};
use gusset_system::names;

use crate::{Monitored, ROUTE, ms, poll, reply, respond};

/// Returns the points of a metric as labels and values.
fn points(metrics: &[Metric], name: &str) -> Vec<(String, f64)> {
    let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
    let (MetricData::Counter(points) | MetricData::Gauge(points)) = &metric.data else {
        panic!("{metric:?}");
    };
    let text = |point: &NumberDataPoint| {
        let labels = point.labels.iter();
        let labels: Vec<_> = labels
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        (labels.join(","), point.value)
    };
    points.iter().map(text).collect()
}

#[test]
fn metrics_are_those_of_the_catalogue() {
    let it = Monitored::new();
    let metrics = it.monitor.metrics();
    let metrics: Vec<_> = metrics
        .iter()
        .map(|it| (it.name.as_str(), it.unit.as_str()))
        .collect();
    let mut expected: Vec<_> = names::ALL
        .iter()
        .filter(|metric| metric.name.starts_with("gusset.call."))
        .map(|metric| (metric.name, metric.unit.as_ucum()))
        .collect();
    expected.sort_unstable();
    assert_eq!(metrics, expected, "sorted by name");
}

#[test]
fn values_are_by_route_and_state() {
    let it = Monitored::new();
    let hand = it.hand.clone();
    drop(respond(it.call(ROUTE, move || {
        hand.advance(ms(250));
        ready(reply())
    })));
    let mut pending = it.call("/slow", std::future::pending);
    assert!(poll(&mut pending).is_pending());
    it.advance(1_500);
    let metrics = it.monitor.metrics();
    let route = format!("http.route={ROUTE}");
    assert_eq!(
        points(&metrics, "gusset.call.time"),
        [
            (format!("gusset.call.state=polled,{route}"), 0.25),
            (format!("gusset.call.state=scheduled,{route}"), 0.0),
            (format!("gusset.call.state=waiting,{route}"), 0.0),
            ("gusset.call.state=polled,http.route=/slow".to_owned(), 0.0),
            (
                "gusset.call.state=scheduled,http.route=/slow".to_owned(),
                0.0
            ),
            ("gusset.call.state=waiting,http.route=/slow".to_owned(), 0.0),
        ]
    );
    let slow = "http.route=/slow".to_owned();
    let by_route = |first, second| [(route.clone(), first), (slow.clone(), second)];
    assert_eq!(
        points(&metrics, "gusset.call.long_polls"),
        by_route(1.0, 0.0)
    );
    assert_eq!(points(&metrics, "gusset.call.oldest"), by_route(0.0, 1.5));
    assert_eq!(
        points(&metrics, "gusset.call.longest_poll"),
        by_route(0.0, 0.0)
    );
}
