//! The cardinality limit is logged once.
//!
//! In its own process, because `tracing` caches the interest in call sites for all threads.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use gusset_core::ObserveLayer;
use gusset_http::{Http, Route};
use gusset_metrics::{HttpMetrics, Registry};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        assert_eq!(*event.metadata().level(), Level::WARN);
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

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
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
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
            let logged = warnings.0.load(Ordering::Relaxed);
            assert_eq!(logged, usize::from(route >= 2), "after {route}");
        }
    });
}

#[test]
fn registry_logs_the_limit_of_a_metric_once() {
    let warnings = Warnings::default();
    let registry = Arc::new(
        Registry::builder()
            .cardinality_limit(2)
            .build()
            .expect("valid"),
    );
    tracing::subscriber::with_default(warnings.clone(), || {
        for user in 0..10 {
            let counter = |name: &'static str| {
                metrics::with_local_recorder(&registry, || {
                    metrics::counter!(name, "user" => user.to_string()).increment(1);
                });
            };
            counter("logins");
            let logged = warnings.0.load(Ordering::Relaxed);
            assert_eq!(logged, usize::from(user >= 2), "after {user}");
        }
        for name in 0..3000 {
            metrics::with_local_recorder(&registry, || {
                metrics::gauge!(format!("gauge.{name}")).set(1);
            });
        }
        assert_eq!(warnings.0.load(Ordering::Relaxed), 2);
    });
}
