//! The cardinality limit, and each name of an own field that is not registered, are logged once.
//!
//! In its own process, because `tracing` caches the interest in call sites for all threads.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use gusset_core::field::{Field, FieldKind};
use gusset_core::{CallContext, ObserveLayer, Observer, Protocol};
use gusset_http::{Http, Route};
use gusset_metrics::{HttpMetrics, Registry};
use gusset_testkit::{EventRecorder, ScriptedBody};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Level;

struct EmptyService;

impl Service<Request<()>> for EmptyService {
    type Response = Response<ScriptedBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(ScriptedBody::new())))
    }
}

#[test]
fn cardinality_limit_is_logged_once() {
    let warnings = EventRecorder::new(Level::WARN);
    warnings.record(|| {
        let metrics = HttpMetrics::server(Arc::new(metrics::NoopRecorder)).cardinality_limit(2);
        let metrics = metrics.build().expect("the limit is valid");
        let mut service = ObserveLayer::<Http, _>::new(metrics).layer(EmptyService);
        for route in 0..10 {
            let mut req = Request::new(());
            req.extensions_mut()
                .insert(Route::from_arc(format!("/{route}")));
            let call = pin!(service.call(req));
            assert!(
                call.poll(&mut Context::from_waker(Waker::noop()))
                    .is_ready()
            );
            let logged = warnings.events().len();
            assert_eq!(logged, usize::from(route >= 2), "after {route}");
        }
    });
    assert_namespaced(&warnings);
}

#[test]
fn registry_logs_the_limit_of_a_metric_once() {
    let warnings = EventRecorder::new(Level::WARN);
    let registry = Arc::new(
        Registry::builder()
            .cardinality_limit(2)
            .build()
            .expect("valid"),
    );
    warnings.record(|| {
        for user in 0..10 {
            let counter = |name: &'static str| {
                metrics::with_local_recorder(&registry, || {
                    metrics::counter!(name, "user" => user.to_string()).increment(1);
                });
            };
            counter("logins");
            let logged = warnings.events().len();
            assert_eq!(logged, usize::from(user >= 2), "after {user}");
        }
        for name in 0..3000 {
            metrics::with_local_recorder(&registry, || {
                metrics::gauge!(format!("gauge.{name}")).set(1);
            });
        }
        assert_eq!(warnings.events().len(), 2);
    });
    assert_namespaced(&warnings);
}

#[test]
fn unregistered_field_is_logged_once_for_each_name() {
    let warnings = EventRecorder::new(Level::WARN);
    warnings.record(|| {
        let metrics = HttpMetrics::server(Arc::new(metrics::NoopRecorder)).build();
        let metrics = metrics.expect("the defaults are valid");
        let names = (metrics, Names);
        let mut service = ObserveLayer::<Http, _>::new(names).layer(EmptyService);
        for _ in 0..3 {
            let call = pin!(service.call(Request::new(())));
            let polled = call.poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_ready());
        }
        let logged = warnings.events();
        let names: Vec<_> = logged
            .iter()
            .map(|event| event.field("gusset.field.name"))
            .collect();
        assert_eq!(names, [Some("plan"), Some("tenant")]);
    });
}

/// Sets two fields of each call.
struct Names;

impl<P: Protocol> Observer<P> for Names {
    type Call = ();
    fn start(&self, _: P::Request<'_>, cx: &mut CallContext) {
        for name in ["plan", "tenant"] {
            cx.set_field(Field::new(FieldKind::Low, name, "gold"));
        }
        cx.set_field(Field::new(FieldKind::High, "user.id", 1));
    }
}

/// Asserts that fields other than the message have a name of this project.
fn assert_namespaced(log: &EventRecorder) {
    for event in log.events() {
        for (name, _) in &event.fields {
            assert!(
                *name == "message" || name.starts_with("gusset.metric."),
                "{event}"
            );
        }
    }
}
