//! Views drop and rename metrics, remove labels and set boundaries.

use std::sync::Arc;

use gusset_data::{
    InstrumentKind, Metric, MetricData, MetricDescriptor, MetricProducer as _, Unit,
};
use gusset_metrics::{HttpMetrics, Registry, RegistryBuilder, View};
use metrics::{counter, describe_counter, gauge, histogram, with_local_recorder};

use crate::support::{exchange, get, hello, layer};

fn registry(builder: RegistryBuilder) -> Arc<Registry> {
    Arc::new(builder.build_with(|_| None).unwrap())
}

fn with_view(view: View) -> Arc<Registry> {
    registry(Registry::builder().view(view))
}

fn metric(registry: &Registry, name: &str) -> Option<Metric> {
    let mut metrics = registry.metrics().into_iter();
    metrics.find(|metric| metric.name == name)
}

/// Returns labels and value, or count, of each series of a metric.
fn points(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let text = |labels: &gusset_data::Labels| {
        let pairs: Vec<_> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(",")
    };
    match metric(registry, name).map(|metric| metric.data) {
        None => Vec::new(),
        Some(MetricData::Histogram(points)) => points
            .iter()
            .map(|point| (text(&point.labels), point.counts.iter().sum::<u64>() as f64))
            .collect(),
        Some(
            MetricData::Counter(points)
            | MetricData::Gauge(points)
            | MetricData::UpDownCounter(points),
        ) => points
            .iter()
            .map(|point| (text(&point.labels), point.value))
            .collect(),
        Some(_) => panic!("unknown kind"),
    }
}

fn one(labels: &str, value: f64) -> Vec<(String, f64)> {
    vec![(labels.to_owned(), value)]
}

/// Describes `memory` as a sum, though it is set.
fn describe_memory(registry: &Registry) {
    const MEMORY: MetricDescriptor = MetricDescriptor::new(
        "memory",
        InstrumentKind::UpDownCounter,
        Unit::Bytes,
        "Memory.",
    );
    MEMORY.describe(registry);
}

#[test]
fn dropped_metrics_of_every_kind_are_not_kept() {
    let registry = with_view(View::new("cache.*").drop_metric());
    with_local_recorder(&registry, || {
        describe_counter!("cache.hits", "Hits.");
        counter!("cache.hits").increment(1);
        gauge!("cache.size").set(1.0);
        histogram!("cache_age").record(1.0);
        counter!("cached").increment(1);
    });
    registry.scoped_gauge("cache.open", &[("a", "b")]).set(1.0);
    let names: Vec<_> = registry.metrics().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["cached"]);
}

#[test]
fn renamed_metric_keeps_unit_labels_and_description() {
    let view = View::new("requests").rename("shop.requests");
    let registry = with_view(view);
    with_local_recorder(&registry, || {
        describe_counter!("requests", metrics::Unit::Bytes, "All requests.");
        counter!("requests", "a" => "b").increment(2);
    });
    assert!(metric(&registry, "requests").is_none());
    let renamed = metric(&registry, "shop.requests").unwrap();
    assert_eq!(renamed.unit, "By");
    assert_eq!(renamed.description, "All requests.");
    assert_eq!(points(&registry, "shop.requests"), one("a=b", 2.0));
}

#[test]
fn renamed_histogram_keeps_its_boundaries() {
    let registry = with_view(View::new("http.server.request.duration").rename("latency"));
    let metrics = HttpMetrics::server(registry.clone()).build().unwrap();
    exchange(&layer(metrics), get("/a"), hello());
    let Some(MetricData::Histogram(points)) = metric(&registry, "latency").map(|it| it.data) else {
        panic!("no histogram");
    };
    assert_eq!(points[0].bounds[0], 0.005);
    assert_eq!(points[0].bounds.len(), 14);
}

#[test]
fn description_is_replaced() {
    let registry = with_view(View::new("jobs").description("Jobs of the night."));
    with_local_recorder(&registry, || {
        describe_counter!("jobs", "Jobs.");
        counter!("jobs").increment(1);
    });
    let described = metric(&registry, "jobs").unwrap().description;
    assert_eq!(described, "Jobs of the night.");
}

#[test]
fn counters_without_a_label_are_added() {
    let registry = with_view(View::new("orders").remove_label("tenant"));
    with_local_recorder(&registry, || {
        for tenant in ["a", "b"] {
            counter!("orders", "tenant" => tenant, "shop" => "x").increment(2);
        }
        counter!("orders", "shop" => "x").increment(1);
    });
    assert_eq!(points(&registry, "orders"), one("shop=x", 5.0));
}

#[test]
fn absolute_counters_without_a_label_are_added() {
    let registry = with_view(View::new("cpu.time").remove_label("cpu.mode"));
    with_local_recorder(&registry, || {
        for total in [10, 12, 11] {
            counter!("cpu.time", "cpu.mode" => "user").absolute(total);
            counter!("cpu.time", "cpu.mode" => "system").absolute(total + 100);
        }
        counter!("cpu.time", "cpu.mode" => "user").increment(1);
        counter!("cpu.time", "cpu.mode" => "user").absolute(13);
    });
    assert_eq!(points(&registry, "cpu.time"), one("", 125.0));
}

#[test]
fn up_down_counters_without_a_label_are_added() {
    let registry = with_view(View::new("calls.active").remove_label("method"));
    with_local_recorder(&registry, || {
        gauge!("calls.active", "method" => "GET").increment(3.0);
        gauge!("calls.active", "method" => "PUT").increment(2.0);
        gauge!("calls.active", "method" => "GET").decrement(1.0);
    });
    let calls = metric(&registry, "calls.active").unwrap();
    assert!(matches!(calls.data, MetricData::UpDownCounter(_)));
    assert_eq!(points(&registry, "calls.active"), one("", 4.0));
}

#[test]
fn described_up_down_counters_that_are_set_are_added() {
    let registry = with_view(View::new("memory").remove_label("state"));
    describe_memory(&registry);
    with_local_recorder(&registry, || {
        for bytes in [100.0, 50.0, 70.0] {
            gauge!("memory", "state" => "used").set(bytes);
            gauge!("memory", "state" => "free").set(1000.0 - bytes);
        }
        gauge!("memory", "state" => "free").set(f64::NAN);
    });
    assert_eq!(points(&registry, "memory"), one("", 1000.0));
}

#[test]
fn gauges_without_a_label_have_the_last_value() {
    let registry = with_view(View::new("temperature").remove_label("room"));
    with_local_recorder(&registry, || {
        gauge!("temperature", "room" => "a").set(20.0);
        gauge!("temperature", "room" => "b").set(21.0);
    });
    let temperature = metric(&registry, "temperature").unwrap();
    assert!(matches!(temperature.data, MetricData::Gauge(_)));
    assert_eq!(points(&registry, "temperature"), one("", 21.0));
}

#[test]
fn histograms_without_a_label_are_added() {
    let registry = with_view(View::new("age").remove_label("user.*"));
    with_local_recorder(&registry, || {
        for user in 0..100 {
            histogram!("age", "user.id" => user.to_string()).record(f64::from(user));
        }
    });
    let Some(MetricData::Histogram(points)) = metric(&registry, "age").map(|it| it.data) else {
        panic!("no histogram");
    };
    let [point] = &points[..] else {
        panic!("{points:?}");
    };
    assert_eq!(point.counts.iter().sum::<u64>(), 100);
    assert_eq!(point.sum, Some(4950.0));
    assert_eq!(point.counts[..4], [1, 5, 5, 15]);
}

#[test]
fn removed_label_does_not_reach_the_cardinality_limit() {
    let view = View::new("logins").remove_label("user.id");
    let registry = registry(Registry::builder().cardinality_limit(2).view(view));
    with_local_recorder(&registry, || {
        for user in 0..10_000 {
            counter!("logins", "user.id" => user.to_string()).increment(1);
        }
    });
    assert_eq!(points(&registry, "logins"), one("", 10_000.0));
}

#[test]
fn other_labels_than_the_kept_ones_are_removed() {
    let registry = with_view(View::new("orders").keep_labels(["shop.*"]));
    with_local_recorder(&registry, || {
        counter!("orders", "tenant" => "a", "shop.id" => "x").increment(2);
        counter!("orders", "shop.id" => "x").increment(2);
    });
    assert_eq!(points(&registry, "orders"), one("shop.id=x", 4.0));
}

#[test]
fn views_of_one_metric_apply_together() {
    let builder = Registry::builder()
        .view(View::new("*").remove_label("a"))
        .view(View::new("x").remove_label("b").rename("y"))
        .view(View::new("y").drop_metric());
    let registry = registry(builder);
    with_local_recorder(&registry, || {
        counter!("x", "a" => "1", "b" => "2", "c" => "3").increment(1);
    });
    assert_eq!(points(&registry, "y"), one("c=3", 1.0));
}

#[test]
fn view_of_one_kind_leaves_the_others() {
    let view = View::new("*")
        .kind(InstrumentKind::UpDownCounter)
        .drop_metric();
    let registry = with_view(view);
    with_local_recorder(&registry, || {
        gauge!("a").increment(1.0);
        counter!("b").increment(1);
        histogram!("c").record(1.0);
    });
    let names: Vec<_> = registry.metrics().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn boundaries_of_a_view_override_the_registry() {
    let builder = Registry::builder()
        .buckets("age", &[1.0])
        .view(View::new("a*").buckets(&[1.0, 2.0]));
    let registry = registry(builder);
    with_local_recorder(&registry, || histogram!("age").record(1.5));
    let Some(MetricData::Histogram(points)) = metric(&registry, "age").map(|it| it.data) else {
        panic!("no histogram");
    };
    assert_eq!(points[0].bounds[..], [1.0, 2.0]);
    assert_eq!(points[0].counts, [0, 1, 0]);
}

#[test]
fn limit_of_a_view_applies() {
    let registry = with_view(View::new("logins").cardinality_limit(2));
    with_local_recorder(&registry, || {
        for user in 0..10 {
            counter!("logins", "user.id" => user.to_string()).increment(1);
        }
    });
    let points = points(&registry, "logins");
    assert_eq!(points.len(), 3);
    assert_eq!(points.iter().map(|(_, value)| value).sum::<f64>(), 10.0);
}

#[test]
fn metrics_of_http_calls_lose_a_label() {
    let view = View::new("http.server.*").remove_label("http.route");
    let registry = with_view(view);
    let metrics = HttpMetrics::server(registry.clone()).build().unwrap();
    let layer = layer(metrics);
    exchange(&layer, get("/a"), hello());
    exchange(&layer, get("/b"), hello());
    let [(labels, calls)] = &points(&registry, "http.server.request.duration")[..] else {
        panic!("not one series");
    };
    assert_eq!(*calls, 2.0);
    assert!(!labels.contains("route"), "{labels}");
}

#[test]
fn removing_one_of_several_keys_keeps_their_series() {
    let registry = with_view(View::new("*").remove_label("tenant"));
    describe_memory(&registry);
    with_local_recorder(&registry, || {
        for tenant in ["a", "b"] {
            counter!("orders", "tenant" => tenant).increment(2);
            gauge!("memory", "tenant" => tenant).set(100.0);
        }
    });
    assert!(!registry.remove("orders", &[("tenant", "a")]));
    assert!(!registry.remove("memory", &[("tenant", "a")]));
    assert_eq!(points(&registry, "orders"), one("", 4.0));
    assert_eq!(points(&registry, "memory"), one("", 100.0));

    const NO_LABELS: &[(&str, &str)] = &[];
    assert!(registry.remove("orders", NO_LABELS));
    with_local_recorder(&registry, || {
        counter!("orders", "tenant" => "b").increment(1);
    });
    assert_eq!(points(&registry, "orders"), one("", 1.0));
}

#[test]
fn renamed_series_is_removed_under_its_recorded_name() {
    let registry = with_view(View::new("orders").rename("shop.orders"));
    with_local_recorder(&registry, || counter!("orders", "a" => "b").increment(1));
    assert!(registry.remove("orders", &[("a", "b")]));
    assert!(registry.metrics().is_empty());
}

#[test]
fn dropped_scoped_gauge_takes_back_what_it_added() {
    let registry = with_view(View::new("connections").remove_label("peer"));
    let a = registry.scoped_gauge("connections", &[("peer", "a")]);
    let b = registry.scoped_gauge("connections", &[("peer", "b")]);
    a.increment(3.0);
    b.increment(2.0);
    assert_eq!(points(&registry, "connections"), one("", 5.0));
    drop(a);
    assert_eq!(points(&registry, "connections"), one("", 2.0));
    drop(b);
    assert!(registry.metrics().is_empty());
}

#[test]
fn invalid_views_are_errors() {
    let error = |view: View| {
        let builder = Registry::builder().view(view);
        builder.build_with(|_| None).unwrap_err().to_string()
    };
    let bounds = |bounds: &[f64]| error(View::new("age").buckets(bounds));
    assert_eq!(bounds(&[]), "`views.age.buckets`: no boundaries");
    assert_eq!(
        bounds(&[1.0, 1.0]),
        "`views.age.buckets`: not ascending: 1 is followed by 1"
    );
    assert!(bounds(&[f64::NAN]).contains("not finite"));
    for label in ["", "a b", "1a", "a=\"b\"", "{a}", "größe"] {
        for view in [
            View::new("age").remove_label(label),
            View::new("age").keep_labels([label]),
        ] {
            let error = error(view);
            assert!(
                error.contains(&format!("`{label}` is not the name of a label")),
                "{error}"
            );
        }
    }
    for name in ["", "1a", "a b", "_a", "größe", &"a".repeat(256)] {
        let error = error(View::new("age").rename(name));
        assert!(error.starts_with("`views.age.rename`: "), "{error}");
    }
    assert_eq!(
        error(View::new("age.*").rename("x")),
        "`views.age.*.rename`: requires the name of one metric, without `*` and `?`"
    );
    assert!(error(View::new("")).starts_with("`views.`: "));
    assert_eq!(
        error(View::new("age").cardinality_limit(0)),
        "`views.age.cardinality_limit`: must be at least 1"
    );
}
