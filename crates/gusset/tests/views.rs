//! Views show on the page of the scrape endpoint and in the OTLP export alike.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/served.rs"]
mod served;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use gusset::metrics::{Registry, View};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, number_data_point::Value};
use prost::Message as _;
use served::serve;

const TIMEOUT: Duration = Duration::from_secs(30);

type Requests = Arc<Mutex<Vec<ExportMetricsServiceRequest>>>;

/// Starts a receiver of metrics. Returns its URL.
fn receiver(requests: Requests) -> String {
    let app = Router::new().fallback(async move |body: Bytes| {
        let request = ExportMetricsServiceRequest::decode(body).unwrap();
        requests.lock().unwrap().push(request);
    });
    format!("{}/v1/metrics", serve(app))
}

fn exported(requests: &Requests, name: &str) -> Option<Metric> {
    let request = requests.lock().unwrap().last().cloned().unwrap();
    let scopes = request
        .resource_metrics
        .into_iter()
        .flat_map(|resource| resource.scope_metrics);
    let mut metrics = scopes.flat_map(|scope| scope.metrics);
    metrics.find(|metric| metric.name == name)
}

#[test]
fn page_and_export_show_the_same_views() {
    let requests = Requests::default();
    let url = receiver(requests.clone());
    let registry = Registry::builder()
        .view(View::new("cache.hits").drop_metric())
        .view(
            View::new("orders")
                .rename("shop.orders")
                .remove_label("tenant"),
        )
        .view(View::new("age").remove_label("tenant").buckets(&[1.0, 2.0]));
    let telemetry = gusset::telemetry()
        .registry(registry)
        .build_with(|name| (name == "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT").then(|| url.clone()))
        .unwrap();
    metrics::with_local_recorder(&telemetry.registry(), || {
        metrics::counter!("cache.hits").increment(1);
        for tenant in ["a", "b"] {
            metrics::counter!("orders", "tenant" => tenant, "kind" => "x").increment(2);
            metrics::gauge!("age.unused").set(1.0);
            metrics::histogram!("age", "tenant" => tenant).record(1.5);
        }
    });

    let page = telemetry.prometheus().endpoint().render();
    for line in [
        "shop_orders_total{kind=\"x\"} 4",
        "age_bucket{le=\"1\"} 0",
        "age_bucket{le=\"2\"} 2",
        "age_count 2",
    ] {
        assert!(page.lines().any(|it| it == line), "{line} in {page}");
    }
    for absent in ["cache_hits", "\norders", "tenant"] {
        assert!(!page.contains(absent), "{absent} in {page}");
    }

    assert!(telemetry.flush(TIMEOUT));
    assert!(exported(&requests, "cache.hits").is_none());
    assert!(exported(&requests, "orders").is_none());
    let Some(Data::Sum(orders)) = exported(&requests, "shop.orders").unwrap().data else {
        panic!("not a sum");
    };
    let [point] = &orders.data_points[..] else {
        panic!("{orders:?}");
    };
    assert!(matches!(point.value, Some(Value::AsInt(4))), "{point:?}");
    assert_eq!(point.attributes.len(), 1);
    assert_eq!(point.attributes[0].key, "kind");
    let Some(Data::Histogram(ages)) = exported(&requests, "age").unwrap().data else {
        panic!("not a histogram");
    };
    let [point] = &ages.data_points[..] else {
        panic!("{ages:?}");
    };
    assert_eq!(point.explicit_bounds, [1.0, 2.0]);
    assert_eq!(point.bucket_counts, [0, 2, 0]);
    assert!(point.attributes.is_empty());
}
