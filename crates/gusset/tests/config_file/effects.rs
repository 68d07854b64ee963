//! The settings have effect.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Uri};

use crate::served::serve;
use crate::{File, build, file};

const TIMEOUT: Duration = Duration::from_secs(30);

type Requests = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// Starts a receiver. Returns its URL.
fn receiver(requests: Requests) -> String {
    let app = Router::new().fallback(async move |uri: Uri, headers: HeaderMap| {
        requests
            .lock()
            .unwrap()
            .push((uri.path().to_owned(), headers));
    });
    serve(app)
}

#[test]
fn metrics_are_exported_to_the_endpoint() {
    let requests = Requests::default();
    let url = receiver(requests.clone());
    let lines = "
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            endpoint: ${URL}/custom/path
            headers: [{ name: x-token, value: \"${TOKEN}\" }, { name: x-team, value: 'b,c' }]
            headers_list: x-team=a,x-other=d
            encoding: json
";
    let gusset = build(&file(lines), &[("URL", &url), ("TOKEN", "12345")]).unwrap();
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        metrics::counter!("jobs").increment(1);
    });
    assert!(gusset.flush(TIMEOUT));
    let requests = requests.lock().unwrap();
    let (path, headers) = requests.last().unwrap();
    assert_eq!(path, "/custom/path");
    assert_eq!(headers["x-token"], "12345");
    assert_eq!(headers["x-team"], "b,c");
    assert_eq!(headers["x-other"], "d");
    assert_eq!(headers["content-type"], "application/json");
}

#[test]
fn views_of_the_file_are_applied() {
    let lines = "
meter_provider:
  readers: [{ pull: { exporter: { prometheus/development: { port: 0 } } } }]
  views:
    - selector: { instrument_name: 'cache.*' }
      stream: { aggregation: { drop: } }
    - selector: { instrument_name: orders, instrument_type: counter }
      stream: { name: shop.orders, attribute_keys: { excluded: [tenant] } }
    - selector: { instrument_name: age }
      stream:
        aggregation: { explicit_bucket_histogram: { boundaries: [1, 2.5] } }
        attribute_keys: { included: [kind] }
    - selector: { instrument_name: logins }
      stream: { aggregation_cardinality_limit: 1 }
";
    let gusset = build(&file(lines), &[]).unwrap();
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        metrics::counter!("cache.hits").increment(1);
        for tenant in ["a", "b"] {
            metrics::counter!("orders", "tenant" => tenant).increment(2);
            metrics::histogram!("age", "tenant" => tenant, "kind" => "x").record(2.0);
            metrics::counter!("logins", "tenant" => tenant).increment(1);
        }
    });
    let page = gusset.telemetry().prometheus().endpoint().render();
    for line in [
        "shop_orders_total 4",
        "age_bucket{kind=\"x\",le=\"2.5\"} 2",
        "age_count{kind=\"x\"} 2",
        "logins_total{otel_metric_overflow=\"true\"} 1",
    ] {
        assert!(page.lines().any(|it| it == line), "{line} in {page}");
    }
    assert!(!page.contains("cache_hits"), "{page}");
}

/// Returns the scale of the exponential histogram with a name.
fn scale(gusset: &gusset::Gusset, name: &str) -> Option<i32> {
    let registry = gusset.telemetry().registry();
    metrics::with_local_recorder(&registry, || {
        metrics::histogram!(name.to_owned()).record(2.0);
    });
    let histograms = registry.histograms();
    let family = histograms
        .iter()
        .find(|family| *family.name() == name)
        .unwrap();
    let series = family.series().next().unwrap();
    series
        .value()
        .exponential_buckets()
        .map(|buckets| buckets.scale)
}

#[test]
fn exponential_histogram_of_the_file_is_recorded() {
    let lines = "
meter_provider:
  readers: [{ pull: { exporter: { prometheus/development: { port: 0 } } } }]
  views:
    - selector: { instrument_name: job.duration }
      stream: { aggregation: { base2_exponential_bucket_histogram: { max_size: 20, max_scale: -1 } } }
    - selector: { instrument_name: age }
      stream: { aggregation: { base2_exponential_bucket_histogram: } }
";
    let gusset = build(&file(lines), &[]).unwrap();
    assert_eq!(scale(&gusset, "job.duration"), Some(-1));
    assert_eq!(scale(&gusset, "age"), Some(8));
    assert_eq!(scale(&gusset, "size"), None);
}

#[test]
fn default_histogram_aggregation_of_the_file_is_applied() {
    let lines = "
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            endpoint: http://127.0.0.1:1
            default_histogram_aggregation: base2_exponential_bucket_histogram
  views:
    - selector: { instrument_name: age }
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1] } } }
";
    let gusset = build(&file(lines), &[]).unwrap();
    assert_eq!(scale(&gusset, "size"), Some(8));
    assert_eq!(scale(&gusset, "age"), None, "its buckets are set");
}

#[test]
fn telemetry_alone_reads_the_file() {
    let file = File::new(&file(
        "resource: {attributes: [{name: service.name, value: shop}]}",
    ));
    let telemetry = gusset::telemetry()
        .build_with(|name| (name == "OTEL_CONFIG_FILE").then(|| file.path()))
        .unwrap();
    let page = telemetry.prometheus().endpoint().render();
    assert!(page.contains("service_name=\"shop\""), "{page}");
}

#[test]
fn code_overrides_the_file() {
    let file = File::new(&file(
        "resource: {attributes: [{name: service.name, value: of-file}]}",
    ));
    let resource = gusset::prometheus::Resource::new().with("service.name", "of-code");
    let telemetry = gusset::telemetry()
        .resource(resource)
        .build_with(|name| (name == "OTEL_CONFIG_FILE").then(|| file.path()))
        .unwrap();
    let page = telemetry.prometheus().endpoint().render();
    assert!(page.contains("service_name=\"of-code\""), "{page}");
}

#[test]
fn cardinality_limits_are_applied() {
    let lines = "
meter_provider:
  readers:
    - pull:
        exporter: { prometheus/development: { port: 0 } }
        cardinality_limits: { default: 2, counter: 1 }
";
    let gusset = build(&file(lines), &[]).unwrap();
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        for tenant in ["a", "b", "c"] {
            metrics::counter!("orders", "tenant" => tenant).increment(1);
            metrics::gauge!("size", "tenant" => tenant).set(1.0);
        }
    });
    let page = gusset.telemetry().prometheus().endpoint().render();
    let series = |prefix: &str| page.lines().filter(|it| it.starts_with(prefix)).count();
    assert_eq!(series("orders_total{"), 2, "{page}");
    assert_eq!(series("size{"), 3, "{page}");
}

#[test]
fn merged_mappings_are_read() {
    let lines = "
x-limits: &limits { attribute_count_limit: 5 }
attribute_limits:
  <<: *limits
  attribute_value_length_limit: 7
";
    let gusset = build(&file(lines), &[]).unwrap();
    let config = gusset.config().config().clone();
    assert_eq!(config.attribute_count_limit, Some(5));
    assert_eq!(config.attribute_value_length_limit, Some(7));
}
