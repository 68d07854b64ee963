//! `AxumPrometheusMetrics` has the metrics of the real axum-prometheus, series by series.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::{Router, routing::get};
use axum_prometheus::{EndpointLabel, PrometheusMetricLayerBuilder};
use gusset::ObserveLayer;
use gusset::http::Http;
use gusset::metrics::AxumPrometheusMetrics;
use gusset::prometheus::PrometheusExporter;
use tower::ServiceExt as _;

/// Returns the samples of a page that begin with `axum_`, without times.
fn samples(page: &str) -> BTreeMap<String, String> {
    let lines = page.lines().filter(|line| line.starts_with("axum_"));
    let mut samples = BTreeMap::new();
    for line in lines {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap();
        let labels = labels.trim_end_matches('}').split(',');
        // An empty label is none.
        let mut labels: Vec<_> = labels.filter(|label| !label.ends_with("=\"\"")).collect();
        labels.sort_unstable();
        // Both measure the same call, but not at the same time.
        let is_time =
            name.ends_with("_sum") || (series.contains("le=\"") && !series.contains("+Inf"));
        let value = if is_time { "" } else { value };
        samples.insert(format!("{name} {labels:?}"), value.to_owned());
    }
    samples
}

/// Returns the types of the metrics that begin with `axum_`.
fn types(page: &str) -> Vec<&str> {
    let mut types: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("# TYPE axum_"))
        .collect();
    types.sort_unstable();
    types
}

#[tokio::test]
async fn old_names_have_the_values_of_axum_prometheus() {
    let (real, handle) = PrometheusMetricLayerBuilder::new()
        // The path of a request without a route would be a label that clients choose.
        .with_endpoint_label_type(EndpointLabel::MatchedPathWithFallbackFn(|_| String::new()))
        .with_default_metrics()
        .build_pair();
    let exporter = PrometheusExporter::builder().build().unwrap();
    let ours = ObserveLayer::<Http, _>::new(AxumPrometheusMetrics::new(exporter.recorder()));
    let gate = Arc::new(tokio::sync::Notify::new());
    let stuck = async move || gate.notified().await;
    let app = Router::new()
        .route(
            "/users/{id}",
            get(async || "a user").post(async || StatusCode::CREATED),
        )
        .route("/down", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/stuck", get(stuck))
        .layer(ours)
        .layer(real);

    for (method, path, times) in [
        ("GET", "/users/7", 3),
        ("HEAD", "/users/8", 2),
        ("POST", "/users/9", 1),
        ("DELETE", "/users/9", 1),
        ("GET", "/nowhere", 2),
        ("GET", "/down", 1),
    ] {
        for _ in 0..times {
            let request = Request::builder().method(method).uri(path);
            let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
            let body = response.await.unwrap().into_body();
            axum::body::to_bytes(body, usize::MAX).await.unwrap();
        }
    }
    // One is cancelled, and another is pending at the scrape.
    let call = || {
        let request = Request::get("/stuck").body(Body::empty()).unwrap();
        tokio::spawn(app.clone().oneshot(request))
    };
    let (cancelled, pending) = (call(), call());
    tokio::task::yield_now().await;
    cancelled.abort();
    assert!(cancelled.await.unwrap_err().is_cancelled());

    let (expected, page) = (handle.render(), exporter.endpoint().render());
    assert_eq!(samples(&page), samples(&expected), "{page}\n{expected}");
    assert_eq!(types(&page), types(&expected));
    // Six kinds of responses, each with a count and a histogram, and seven kinds of pending requests.
    assert_eq!(samples(&page).len(), 6 * (1 + 14) + 7, "{page}");
    pending.abort();
}
