//! All signals agree on what a call was: seen on a refused one.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::breaker::{CircuitBreaker, CircuitOpen, http_response};
use gusset::metrics::HttpMetrics;
use gusset::prometheus::PrometheusExporter;
use gusset::trace::TraceObserver;
use gusset::{ObserveLayer, Outcome};
use gusset_http::Http;
use gusset_testkit::RecordingObserver;
use http::{Request, StatusCode};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps what is recorded on spans, as `name=value`.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl Visit for Spans {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut spans = self.0.lock().expect("nobody panics with it");
        spans.push(format!("{field}={value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut spans = self.0.lock().expect("nobody panics with it");
        spans.push(format!("{field}={value}"));
    }
}

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_refused_call_is_refused_in_the_metrics_on_the_span_and_to_any_observer() {
    let prometheus = PrometheusExporter::builder().build().expect("conventions");
    let metrics = HttpMetrics::server(prometheus.recorder())
        .build()
        .expect("conventions");
    let trace = TraceObserver::server().build().expect("conventions");
    let witness = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new((metrics, trace, witness.clone()));
    let breaker = CircuitBreaker::builder("stock").build().expect("conventions");
    breaker.force_open();
    let guard = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response::<Body>(&open));
    let app: Router = Router::new()
        .route("/items/{id}", get(|| async { "never" }))
        .layer(guard)
        .layer(observe);

    let spans = Spans::default();
    let served = tracing::subscriber::with_default(spans.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let request = Request::get("/items/1")
                .body(Body::empty())
                .expect("a request");
            let response = app.oneshot(request).await.expect("axum never fails");
            let status = response.status();
            axum::body::to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body");
            status
        })
    });
    assert_eq!(served, StatusCode::SERVICE_UNAVAILABLE);

    let outcomes: Vec<_> = witness.calls().iter().map(|fact| fact.outcome).collect();
    assert_eq!(outcomes, [Outcome::Rejected]);
    let spans = spans.0.lock().expect("nobody panics with it");
    assert!(
        spans.contains(&"gusset.outcome=rejected".to_owned()),
        "{spans:?}"
    );
    let page = prometheus.endpoint().render();
    let row = r#"gusset_http_server_outcomes_total{gusset_outcome="rejected",http_request_method="GET",http_route="/items/{id}",url_scheme="http"} 1"#;
    assert!(page.contains(row), "{page}");
}
