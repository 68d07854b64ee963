//! The series of a registry are limited, and can be removed.

use std::sync::Arc;

use gusset_data::{Metric, MetricData, MetricProducer as _};
use gusset_metrics::{Registry, RegistryBuilder};
use metrics::{counter, describe_gauge, gauge, histogram, with_local_recorder};

fn registry(builder: RegistryBuilder) -> Arc<Registry> {
    Arc::new(builder.build_with(|_| None).unwrap())
}

fn default_registry() -> Arc<Registry> {
    registry(Registry::builder())
}

/// Returns the labels and the value, or the count, of all series of a metric.
fn points(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let metrics = registry.metrics();
    let Some(Metric { data, .. }) = metrics.iter().find(|metric| metric.name == name) else {
        return Vec::new();
    };
    let text = |labels: &gusset_data::Labels| {
        let pairs: Vec<_> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(",")
    };
    match data {
        MetricData::Counter(points)
        | MetricData::Gauge(points)
        | MetricData::UpDownCounter(points) => points
            .iter()
            .map(|point| (text(&point.labels), point.value))
            .collect(),
        MetricData::Histogram(points) => points
            .iter()
            .map(|point| (text(&point.labels), point.counts.iter().sum::<u64>() as f64))
            .collect(),
        _ => panic!("unknown kind"),
    }
}

fn value(registry: &Registry, name: &str, labels: &str) -> Option<f64> {
    let points = points(registry, name);
    let point = points.iter().find(|(found, _)| found == labels);
    point.map(|(_, value)| *value)
}

const OVERFLOW: &str = "otel.metric.overflow=true";
const OVERFLOW_RECORDS: &str = "gusset.metrics.overflow_records";

#[test]
fn label_values_of_clients_make_at_most_2000_series() {
    let registry = default_registry();
    with_local_recorder(&registry, || {
        for user in 0..50_000 {
            let user = user.to_string();
            counter!("logins", "user.id" => user.clone()).increment(1);
            gauge!("sessions", "user.id" => user.clone()).increment(1);
            histogram!("age", "user.id" => user).record(1);
        }
    });
    for name in ["logins", "sessions", "age"] {
        let all = points(&registry, name);
        assert_eq!(all.len(), 2001, "{name}");
        assert_eq!(all.iter().map(|(_, value)| value).sum::<f64>(), 50_000.0);
        assert_eq!(value(&registry, name, OVERFLOW), Some(48_000.0), "{name}");
    }
    assert_eq!(value(&registry, OVERFLOW_RECORDS, ""), Some(3.0 * 48_000.0));
    // A series from before the limit is still recorded on its own.
    with_local_recorder(&registry, || {
        counter!("logins", "user.id" => "7").increment(1);
    });
    assert_eq!(value(&registry, "logins", "user.id=7"), Some(2.0));
}

#[test]
fn records_of_a_kept_handle_are_counted() {
    let registry = registry(Registry::builder().cardinality_limit(1));
    with_local_recorder(&registry, || {
        counter!("logins", "user.id" => "1").increment(1);
        let second = counter!("logins", "user.id" => "2");
        second.increment(5);
        second.increment(5);
        histogram!("age", "user.id" => "1").record(1);
        histogram!("age", "user.id" => "2").record_many(1, 4);
    });
    assert_eq!(value(&registry, "logins", OVERFLOW), Some(10.0));
    assert_eq!(value(&registry, OVERFLOW_RECORDS, ""), Some(6.0));
}

#[test]
fn limit_of_one_metric_is_configurable() {
    let builder = Registry::builder()
        .cardinality_limit(2)
        .metric_cardinality_limit("queue.depth", 5);
    let registry = registry(builder);
    with_local_recorder(&registry, || {
        for queue in 0..10 {
            gauge!("queue.depth", "queue" => queue.to_string()).set(1);
            gauge!("queue.age", "queue" => queue.to_string()).set(1);
        }
    });
    assert_eq!(points(&registry, "queue.depth").len(), 6);
    assert_eq!(points(&registry, "queue.age").len(), 3);

    for (builder, setting) in [
        (
            Registry::builder().cardinality_limit(0),
            "cardinality_limit",
        ),
        (
            Registry::builder().metric_cardinality_limit("a.b", 0),
            "metric_cardinality_limit.a.b",
        ),
    ] {
        let error = builder.build_with(|_| None).unwrap_err();
        assert_eq!(error.setting(), setting);
    }
}

#[test]
fn limit_of_a_layer_exceeds_that_of_the_registry() {
    let registry = registry(Registry::builder().cardinality_limit(2));
    let own = gusset_data::METADATA;
    for route in 0..10 {
        let label = metrics::Label::new("http.route", route.to_string());
        let key = metrics::Key::from_parts("http.server.request.duration", vec![label]);
        metrics::Recorder::register_histogram(&*registry, &key, &own).record(1.0);
    }
    let all = points(&registry, "http.server.request.duration");
    assert_eq!(all.len(), 10);
}

#[test]
fn names_made_at_run_time_are_limited() {
    let registry = default_registry();
    with_local_recorder(&registry, || {
        for user in 0..5000 {
            counter!(format!("logins.{user}")).increment(1);
        }
        gauge!("other.kind").set(1);
    });
    // All but the counter of records itself.
    assert_eq!(registry.counters().len(), 2001);
    assert_eq!(value(&registry, OVERFLOW_RECORDS, ""), Some(3000.0));
    assert_eq!(value(&registry, "other.kind", ""), Some(1.0));
}

#[test]
fn scoped_gauge_removes_its_series() {
    let registry = default_registry();
    let depth = registry.scoped_gauge("queue.depth", &[("queue", "a")]);
    let other = registry.scoped_gauge("queue.depth", &[("queue", "b")]);
    depth.set(3.0);
    other.set(4.0);
    assert_eq!(points(&registry, "queue.depth").len(), 2);
    drop(depth);
    assert_eq!(
        points(&registry, "queue.depth"),
        [("queue=b".to_owned(), 4.0)]
    );
}

#[test]
fn last_scoped_gauge_removes_the_series() {
    let registry = default_registry();
    let one = registry.scoped_gauge("connections", &[("peer", "a")]);
    let other = registry.scoped_gauge("connections", &[("peer", "a")]);
    one.increment(1.0);
    other.increment(1.0);
    drop(one);
    assert_eq!(value(&registry, "connections", "peer=a"), Some(2.0));
    drop(other);
    assert_eq!(value(&registry, "connections", "peer=a"), None);
}

#[test]
fn removed_series_make_room_for_new_ones() {
    let registry = registry(Registry::builder().cardinality_limit(2));
    for peer in 0..100 {
        let gauge = registry.scoped_gauge("connections", &[("peer", peer.to_string())]);
        gauge.set(1.0);
        assert_eq!(points(&registry, "connections").len(), 1);
    }
    assert!(registry.counters().is_empty(), "no overflow");
}

#[test]
fn scoped_gauge_over_the_limit_removes_nothing() {
    let registry = registry(Registry::builder().cardinality_limit(1));
    let one = registry.scoped_gauge("connections", &[("peer", "a")]);
    let other = registry.scoped_gauge("connections", &[("peer", "b")]);
    one.set(1.0);
    other.set(2.0);
    drop(other);
    assert_eq!(value(&registry, "connections", "peer=a"), Some(1.0));
    assert_eq!(value(&registry, "connections", OVERFLOW), Some(2.0));
}

#[test]
fn series_starts_again_after_its_removal() {
    let registry = default_registry();
    with_local_recorder(&registry, || {
        let labels = [("tenant", "a")];
        counter!("orders", &labels).increment(7);
        gauge!("orders.open", &labels).set(7);
        histogram!("orders.size", &labels).record(7);
        for name in ["orders", "orders.open", "orders.size"] {
            assert!(registry.remove(name, &labels), "{name}");
            assert!(!registry.remove(name, &labels), "{name} was removed");
        }
        assert!(registry.metrics().is_empty());
        // The handle is cached by its key, and must not be that of the removed series.
        counter!("orders", &labels).increment(1);
        assert_eq!(value(&registry, "orders", "tenant=a"), Some(1.0));
        assert!(!registry.remove("orders", &[("tenant", "b")]));
        assert!(!registry.remove("unknown", &labels));
    });
}

#[test]
fn handle_of_a_removed_series_records_nothing() {
    let registry = default_registry();
    let handle = with_local_recorder(&registry, || counter!("orders", "tenant" => "a"));
    registry.remove("orders", &[("tenant", "a")]);
    handle.increment(1);
    assert!(registry.metrics().is_empty());
    let scoped = registry.scoped_gauge("queue.depth", &[("queue", "a")]);
    registry.remove("queue.depth", &[("queue", "a")]);
    let successor = registry.scoped_gauge("queue.depth", &[("queue", "a")]);
    successor.set(2.0);
    drop(scoped);
    assert_eq!(value(&registry, "queue.depth", "queue=a"), Some(2.0));
}

#[test]
fn description_outlives_the_series() {
    let registry = default_registry();
    with_local_recorder(&registry, || {
        describe_gauge!("queue.depth", "Messages in the queue.");
        drop(registry.scoped_gauge("queue.depth", &[("queue", "a")]));
        gauge!("queue.depth", "queue" => "b").set(1);
    });
    assert_eq!(registry.metrics()[0].description, "Messages in the queue.");
}

#[test]
fn racing_scoped_gauges_leave_no_series() {
    let registry = default_registry();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let gauge = registry.scoped_gauge("connections", &[("peer", "a")]);
                    gauge.increment(1.0);
                    assert!(value(&registry, "connections", "peer=a").is_some());
                }
            });
        }
    });
    assert!(registry.gauges().is_empty());
}
