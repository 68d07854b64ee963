//! One handler under every server, bare or observed.

use std::convert::Infallible;
use std::future::Future;

use axum::Router;
use axum::routing::any;
use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_testkit::{RecordedCall, RecordingObserver};
use http::{Request, Response};
use hyper::body::Incoming;
use tower::util::BoxCloneService;
use tower_layer::Layer;

use crate::answers::{AnyBody, BoxError, boxed};
use crate::cases::Over;
use crate::servers::Server;

/// What handles a request, whoever serves. Under axum it must not give `Err`.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Handles a request.
    fn handle(
        &self,
        req: Request<AnyBody>,
    ) -> impl Future<Output = Result<Response<AnyBody>, BoxError>> + Send;
}

impl<H, F> Handler for H
where
    H: Fn(Request<AnyBody>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<AnyBody>, BoxError>> + Send,
{
    fn handle(
        &self,
        req: Request<AnyBody>,
    ) -> impl Future<Output = Result<Response<AnyBody>, BoxError>> + Send {
        self(req)
    }
}

/// The layer that all of these tests are about.
pub fn observe(witness: &RecordingObserver) -> ObserveLayer<Http, RecordingObserver> {
    ObserveLayer::new(witness.clone())
}

/// Serves, observed if there is a witness.
pub fn serve(over: Over, handler: impl Handler, witness: Option<&RecordingObserver>) -> Server {
    if over.is_axum() {
        let router = router(handler);
        return match witness {
            Some(witness) => Server::axum(router.layer(observe(witness))),
            None => Server::axum(router),
        };
    }
    let service = hyper_service(handler);
    match (over, witness) {
        (Over::Http2, Some(witness)) => Server::http2(observe(witness).layer(service)),
        (Over::Http2, None) => Server::http2(service),
        (_, Some(witness)) => Server::http1(observe(witness).layer(service)),
        (_, None) => Server::http1(service),
    }
}

/// The facts of the first `count` calls, as soon as they have ended.
pub async fn told(witness: &RecordingObserver, count: usize) -> Vec<RecordedCall> {
    let witness = witness.clone();
    let facts = tokio::task::spawn_blocking(move || witness.wait_for(count)).await;
    let facts = facts.expect("it waits, and no more");
    assert_eq!(
        facts.len(),
        count,
        "as many calls ended in time: {facts:#?}"
    );
    facts
}

/// The fact of the one call there was. For when the server is gone, and with it whatever could have
/// told of a second end.
pub fn only_fact(witness: &RecordingObserver) -> RecordedCall {
    let facts = witness.calls();
    assert_eq!(facts.len(), 1, "one end, of one call: {facts:#?}");
    assert_eq!(witness.in_flight(), 0);
    facts[0].clone()
}

/// The service of a handler, for hyper's servers.
pub fn hyper_service(
    handler: impl Handler,
) -> BoxCloneService<Request<Incoming>, Response<AnyBody>, BoxError> {
    BoxCloneService::new(tower::service_fn(move |req: Request<Incoming>| {
        let handler = handler.clone();
        async move { handler.handle(req.map(boxed)).await }
    }))
}

/// The router of a handler.
pub fn router(handler: impl Handler) -> Router {
    let handle = any(move |req: axum::extract::Request| async move {
        match handler.handle(req.map(boxed)).await {
            Ok(res) => Ok::<_, Infallible>(res.map(axum::body::Body::new)),
            Err(error) => panic!("a handler of axum does not fail: {error}"),
        }
    });
    Router::new()
        .route("/", handle.clone())
        .fallback_service(handle)
}
