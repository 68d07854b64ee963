//! Metrics of calls in recorders of others, through a [`GlobalRecorder`].
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod seen;
mod statsd;
mod whole;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Clock, ObserveLayer};
use gusset_http::Http;
use gusset_metrics::{GlobalRecorder, HttpMetrics};
use gusset_testkit::EventRecorder;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tracing::Level;

fn recorded() -> HttpMetrics {
    HttpMetrics::server(Arc::new(GlobalRecorder::new()))
        .build()
        .unwrap()
}

/// Serves this many calls to their end.
fn call(metrics: &HttpMetrics, calls: usize) {
    let service = ServiceBuilder::new()
        .layer(ObserveLayer::<Http, _>::new(metrics.clone()))
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("hello")))
        }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        for _ in 0..calls {
            let response = service.clone().oneshot(Request::new(())).await.unwrap();
            response.into_body().collect().await.unwrap();
        }
    });
}

/// Returns the value of the first line of a page that begins with this name, with any labels.
fn value(page: &str, name: &str) -> Option<f64> {
    let line = page.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

const COUNT: &str = "http_server_request_duration_seconds_count";
const ACTIVE: &str = "http_server_active_requests";

fn prometheus() -> PrometheusBuilder {
    PrometheusBuilder::new().with_recommended_naming(true)
}

fn count(handle: &PrometheusHandle) -> Option<f64> {
    value(&handle.render(), COUNT)
}

/// The only test that sets the recorder of the process.
#[test]
fn recorder_that_is_installed_late_counts_from_then_on() {
    let metrics = recorded();
    call(&metrics, 3);
    let handle = prometheus().install_recorder().unwrap();
    assert_eq!(count(&handle), None);
    call(&metrics, 5);
    assert_eq!(count(&handle), Some(5.0), "{}", handle.render());
    assert_eq!(value(&handle.render(), ACTIVE), Some(0.0));
    let help = handle.render();
    assert!(
        help.contains(&format!("# HELP {ACTIVE} ")),
        "described after the installation: {help}"
    );
}

#[test]
fn idle_series_come_back() {
    // The recorder reads the system's clock.
    let timeout = Some(Duration::from_millis(20));
    let builder = prometheus().idle_timeout(MetricKindMask::ALL, timeout);
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    let metrics = recorded();
    metrics::with_local_recorder(&recorder, || call(&metrics, 3));
    assert_eq!(count(&handle), Some(3.0));

    let clock = Clock::system();
    let limit = clock.now() + Duration::from_secs(30);
    while count(&handle).is_some() {
        assert!(clock.now() < limit, "never idle");
        std::thread::yield_now();
    }

    metrics::with_local_recorder(&recorder, || call(&metrics, 4));
    // A series with new values is not idle.
    assert_eq!(count(&handle), Some(4.0), "{}", handle.render());
}

#[test]
fn calls_of_many_threads_are_counted() {
    let recorder = prometheus().build_recorder();
    let handle = recorder.handle();
    let metrics = recorded();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (metrics, recorder) = (&metrics, &recorder);
            scope.spawn(move || metrics::with_local_recorder(recorder, || call(metrics, 250)));
        }
    });
    assert_eq!(count(&handle), Some(1000.0));
    assert_eq!(value(&handle.render(), ACTIVE), Some(0.0));
}

/// Without a check, it would search for itself until the stack is full.
#[test]
fn global_recorder_that_is_its_own_recorder_is_reported() {
    let recorder = GlobalRecorder::new();
    let record = || {
        metrics::describe_counter!("jobs", "Jobs.");
        metrics::counter!("jobs").increment(1);
        metrics::gauge!("running").set(1.0);
        metrics::histogram!("duration").record(1.0);
    };
    let events = EventRecorder::new(Level::INFO);
    events.record(|| metrics::with_local_recorder(&recorder, record));
    let lines = events.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("metrics are lost"), "{lines:?}");
    // Nothing is left behind on the thread.
    let recorder = prometheus().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || call(&recorded(), 2));
    assert_eq!(count(&handle), Some(2.0));
}
