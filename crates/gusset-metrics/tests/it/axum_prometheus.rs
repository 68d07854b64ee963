//! The metrics of axum-prometheus, for the time of a change.

use std::convert::Infallible;
use std::future::Pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use gusset_metrics::{AxumPrometheusMetrics, Registry};
use gusset_testkit::ScriptedBody;
use http::{Method, Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::*;

const TOTAL: &str = "axum_http_requests_total";
const DURATION: &str = "axum_http_requests_duration_seconds";
const PENDING: &str = "axum_http_requests_pending";

fn metrics(recorder: &TestRecorder) -> AxumPrometheusMetrics {
    AxumPrometheusMetrics::new(recorder.recorder.clone())
}

#[test]
fn call_has_the_labels_of_axum_prometheus() {
    let recorder = TestRecorder::new();
    exchange(&layer(metrics(&recorder)), get("/items/{id}"), hello());
    let snapshot = recorder.snapshot();
    let labels = ["endpoint=/items/{id}", "method=GET", "status=200"];
    assert_eq!(snapshot.one(TOTAL).labels, labels);
    assert_eq!(snapshot.one(TOTAL).values, [1.0]);
    assert_eq!(snapshot.one(DURATION).labels, labels);
    let pending = snapshot.one(PENDING);
    assert_eq!(pending.labels, ["endpoint=/items/{id}", "method=GET"]);
    assert_eq!(pending.values, [0.0], "the call has ended");
}

#[test]
fn duration_ends_at_the_headers_and_pending_at_the_end() {
    let recorder = TestRecorder::new();
    let (layer, clock) = with_mock_clock(metrics(&recorder));
    let service = FnService(|_: Request<()>| {
        clock.advance(Duration::from_millis(30));
        Response::new(ScriptedBody::new().data("hello").pending())
    });
    let mut service = layer.layer(service);
    let Ok(response) = ready(service.call(get("/a")));
    clock.advance(Duration::from_millis(500));
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.one(DURATION).values, [0.03]);
    assert_eq!(snapshot.one(PENDING).values, [1.0]);
    drop(response);
    assert_eq!(recorder.snapshot().one(PENDING).values, [0.0]);
}

#[test]
fn cancelled_call_is_not_counted_and_not_pending() {
    let recorder = TestRecorder::new();
    let mut service = layer(metrics(&recorder)).layer(Stuck);
    {
        let call = pin!(service.call(get("/a")));
        assert!(poll(call).is_pending());
        assert_eq!(recorder.snapshot().one(PENDING).values, [1.0]);
    }
    let snapshot = recorder.snapshot();
    assert_eq!(snapshot.one(PENDING).values, [0.0]);
    assert_eq!(snapshot.count(TOTAL), 0, "as by axum-prometheus");
}

#[test]
fn clients_cannot_create_series() {
    let recorder = TestRecorder::new();
    let layer = layer(metrics(&recorder));
    for path in 0..100 {
        let mut req = Request::new(());
        *req.uri_mut() = format!("/wp-admin/{path}").parse().unwrap();
        *req.method_mut() = Method::from_bytes(format!("BREW{path}").as_bytes()).unwrap();
        exchange(&layer, req, with_status(404));
    }
    let total = recorder.snapshot().one(TOTAL);
    assert_eq!(total.labels, ["method=_OTHER", "status=404"]);
    assert_eq!(total.values, [100.0]);
}

#[test]
fn series_over_the_limit_share_one() {
    let registry = Arc::new(Registry::builder().cardinality_limit(5000).build().unwrap());
    let layer = layer(AxumPrometheusMetrics::new(registry.clone()));
    for route in 0..2100 {
        let mut req = Request::new(());
        let route = gusset_http::Route::from_arc(format!("/{route}"));
        req.extensions_mut().insert(route);
        exchange(&layer, req, hello());
    }
    let counters = registry.counters();
    let total = counters.iter().find(|family| &**family.name() == TOTAL);
    let series: Vec<_> = total.unwrap().series().collect();
    assert_eq!(series.len(), 2001);
    let overflow = series
        .iter()
        .find(|series| series.label_text() == r#"otel_metric_overflow="true""#);
    assert_eq!(overflow.unwrap().value().get(), 100);
    let gauges = registry.gauges();
    let pending = gauges.iter().find(|family| &**family.name() == PENDING);
    assert!(
        pending
            .unwrap()
            .series()
            .all(|series| series.value().get() == 0.0)
    );
}

#[test]
fn buckets_are_those_of_axum_prometheus() {
    let registry = Arc::new(Registry::builder().build().unwrap());
    let layer = layer(AxumPrometheusMetrics::new(registry.clone()));
    exchange(&layer, get("/a"), hello());
    let histograms = registry.histograms();
    let duration = histograms
        .iter()
        .find(|family| &**family.name() == DURATION);
    let series = duration.unwrap().series().next().unwrap();
    let expected = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    assert_eq!(series.value().boundaries().upper_bounds()[..], expected);
}

/// A service that never responds.
struct Stuck;

impl Service<Request<()>> for Stuck {
    type Response = Response<ScriptedBody>;
    type Error = Infallible;
    type Future = Pending<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::pending()
    }
}
