//! A recorder of the service instead of gusset's registry.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use gusset::http::{Endpoint, RequestHead};
use gusset::metrics::{HttpMetricsBuilder, Registry, View};
use gusset::prometheus::PrometheusExporterBuilder;
use gusset::{ConfigError, Gusset, GussetBuilder};
use gusset_data::{Metric, MetricProducer};
use gusset_testkit::SharedOutput;
use http::Request;
use http_body_util::Full;
use tower::ServiceExt as _;

use crate::{app, no_variable, request, set_up};

/// Returns a registry, which stands for the recorder of a service.
fn recorder() -> Arc<Registry> {
    Arc::new(Registry::builder().build().unwrap())
}

fn has(recorder: &Registry, name: &str) -> bool {
    let metrics = recorder.metrics();
    metrics.iter().any(|metric| metric.name == name)
}

async fn call(gusset: &Gusset) {
    let request = Request::get("/users/7").body(Body::empty()).unwrap();
    let response = app(gusset).oneshot(request).await.unwrap();
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
}

/// The page of the service's recorder.
struct Page(Arc<Registry>);

impl Endpoint for Page {
    type Future = Ready<http::Response<Full<Bytes>>>;

    fn answer(&self, _: RequestHead<'_>) -> Self::Future {
        let metrics = self.0.metrics();
        let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        ready(http::Response::new(Full::from(names.join("\n"))))
    }
}

#[tokio::test]
async fn management_server_leaves_its_page_to_the_service() {
    let recorder = recorder();
    let builder = set_up().0.recorder(recorder.clone());
    let gusset = builder.build_with(no_variable).unwrap();
    call(&gusset).await;
    let management = gusset.management_addr().unwrap();
    assert_eq!(request(management, "/metrics").await.status, 404);
    assert_eq!(request(management, "/livez").await.status, 200);
    assert!(has(&recorder, "gusset.admin.closed_connections"));
    assert!(!gusset.check().to_string().contains("metrics are recorded"));

    let page = Page(recorder.clone());
    let builder = set_up().0.recorder(recorder).without_health();
    let builder = builder.management(|management| management.route("/metrics", page));
    let gusset = builder.build_with(no_variable).unwrap();
    let management = gusset.management_addr().unwrap();
    let page = request(management, "/metrics").await;
    assert!(page.text.contains("http.server.request.duration"));
}

#[tokio::test]
async fn metrics_of_handlers_go_where_the_service_sends_them() {
    let (of_gusset, of_handlers) = (recorder(), recorder());
    let builder = set_up().0.recorder(of_gusset.clone());
    let gusset = builder.build_with(no_variable).unwrap();
    let _global = metrics::set_default_local_recorder(&of_handlers);
    call(&gusset).await;
    assert!(has(&of_handlers, "users.found"));
    assert!(!has(&of_gusset, "users.found"));

    // Or, by its option, into the recorder.
    let builder = set_up().0.recorder(of_gusset.clone());
    let builder = builder.http(|http| http.metrics(HttpMetricsBuilder::with_local_recorder));
    let gusset = builder.build_with(no_variable).unwrap();
    call(&gusset).await;
    assert!(has(&of_gusset, "users.found"));
}

#[tokio::test]
async fn recorder_of_one_layer_is_of_it_alone() {
    let (of_all, of_http) = (recorder(), recorder());
    let of_layer = of_http.clone();
    let builder = set_up().0.recorder(of_all.clone());
    let builder = builder.http(|http| http.recorder(of_layer));
    let gusset = builder.build_with(no_variable).unwrap();
    call(&gusset).await;
    assert!(has(&of_http, "http.server.request.duration"));
    assert!(!has(&of_all, "http.server.request.duration"));
    assert!(has(&of_all, "gusset.health.ready"));
}

#[tokio::test]
async fn without_metrics_nothing_is_recorded() {
    let recorder = recorder();
    let builder = set_up().0.recorder(recorder.clone()).without_metrics();
    let gusset = builder.build_with(no_variable).unwrap();
    call(&gusset).await;
    assert!(gusset.flush(Duration::from_secs(30)));
    let names: Vec<Metric> = recorder.metrics();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn settings_of_the_registry_are_errors() {
    let registry = || Registry::builder().view(View::new("a").drop_metric());
    type Configure = fn(gusset::TelemetryBuilder) -> gusset::TelemetryBuilder;
    let cases: [(&str, Configure); 2] = [
        ("`registry`", |telemetry| {
            telemetry.registry(Registry::builder())
        }),
        ("`prometheus`", |telemetry| {
            telemetry.prometheus(PrometheusExporterBuilder::without_suffixes)
        }),
    ];
    for (method, configure) in cases {
        let telemetry = configure(gusset::telemetry().recorder(recorder()));
        let error: ConfigError = telemetry.build_with(no_variable).unwrap_err();
        assert_eq!(error.setting(), "recorder");
        assert!(error.to_string().contains(method), "{error}");
    }
    // Each alone is valid.
    let telemetry = gusset::telemetry().registry(registry());
    assert!(telemetry.build_with(no_variable).is_ok());
}

/// Returns what is logged while this is built.
fn logged(builder: GussetBuilder, output: &SharedOutput, exporters: Option<&str>) -> String {
    let env = |name: &str| {
        let value = exporters.filter(|_| name == "OTEL_METRICS_EXPORTER")?;
        Some(value.to_owned())
    };
    let gusset = builder.without_health().build_with(env).unwrap();
    assert!(gusset.flush(Duration::from_secs(30)));
    output.text()
}

#[test]
fn variable_without_effect_is_warned_of() {
    for (exporters, is_warned) in [
        (None, false),
        (Some("none"), false),
        (Some("prometheus"), true),
        (Some("Console"), true),
        (Some("none, otlp"), true),
        (Some("otlp"), true),
    ] {
        let (builder, output) = set_up();
        let log = logged(builder.recorder(recorder()), &output, exporters);
        let warning = "`OTEL_METRICS_EXPORTER`: ";
        assert_eq!(log.contains(warning), is_warned, "{exporters:?}: {log}");
        assert_eq!(log.contains("has no effect"), is_warned, "{exporters:?}");
    }
    let (builder, output) = set_up();
    let log = logged(builder, &output, Some("prometheus"));
    assert!(!log.contains("has no effect"), "{log}");
}

#[test]
fn own_producer_is_exported() {
    struct Producer;
    impl MetricProducer for Producer {
        fn metrics(&self) -> Vec<Metric> {
            Vec::new()
        }
    }
    let (builder, output) = set_up();
    let builder = builder.recorder(recorder());
    let builder = builder.otlp(|otlp| otlp.metric_producer(Producer));
    let log = logged(builder, &output, Some("console"));
    assert!(!log.contains("has no effect"), "{log}");
    assert!(log.contains("exporting metrics"), "{log}");
}
