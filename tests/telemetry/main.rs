//! All signals agree on a rejected call.

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

/// Collects the fields of fields, as `name=value`.
#[derive(Clone, Default)]
struct SpanFields(Arc<Mutex<Vec<String>>>);

impl Visit for SpanFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut fields = self.0.lock().expect("the lock is not poisoned");
        fields.push(format!("{field}={value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut fields = self.0.lock().expect("the lock is not poisoned");
        fields.push(format!("{field}={value}"));
    }
}

impl Subscriber for SpanFields {
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
fn rejected_call_is_rejected_in_all_signals() {
    let prometheus = PrometheusExporter::builder()
        .build()
        .expect("the defaults are valid");
    let metrics = HttpMetrics::server(prometheus.recorder())
        .build()
        .expect("the defaults are valid");
    let trace = TraceObserver::server()
        .build()
        .expect("the defaults are valid");
    let recorder = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new((metrics, trace, recorder.clone()));
    let breaker = CircuitBreaker::builder("stock")
        .build()
        .expect("the defaults are valid");
    breaker.force_open();
    let admission = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response::<Body>(&open));
    let app: Router = Router::new()
        .route("/items/{id}", get(|| async { "never" }))
        .layer(admission)
        .layer(observe);

    let fields = SpanFields::default();
    let status = gusset_testkit::with_subscriber(fields.clone(), || {
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
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);

    let outcomes: Vec<_> = recorder.calls().iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Outcome::Rejected]);
    let fields = fields.0.lock().expect("the lock is not poisoned");
    assert!(
        fields.contains(&"gusset.outcome=rejected".to_owned()),
        "{fields:?}"
    );
    let output = prometheus.endpoint().render();
    let row = r#"gusset_http_server_outcomes_total{gusset_outcome="rejected",http_request_method="GET",http_route="/items/{id}",url_scheme="http"} 1"#;
    assert!(output.contains(row), "{output}");
}
