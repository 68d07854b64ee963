//! One handler in every kind of server, with and without an observer.

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

use crate::bodies::{AnyBody, BoxError, boxed};
use crate::cases::Transport;
use crate::servers::Server;

/// A handler for every kind of server. Under axum it must not return `Err`.
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

/// Returns the layer under test.
pub fn observe(recorder: &RecordingObserver) -> ObserveLayer<Http, RecordingObserver> {
    ObserveLayer::new(recorder.clone())
}

/// Starts a server, which is observed if there is a recorder.
pub fn serve(
    transport: Transport,
    handler: impl Handler,
    recorder: Option<&RecordingObserver>,
) -> Server {
    if transport.is_axum() {
        let router = router(handler);
        return match recorder {
            Some(recorder) => Server::axum(router.layer(observe(recorder))),
            None => Server::axum(router),
        };
    }
    let service = hyper_service(handler);
    match (transport, recorder) {
        (Transport::Http2, Some(recorder)) => Server::http2(observe(recorder).layer(service)),
        (Transport::Http2, None) => Server::http2(service),
        (_, Some(recorder)) => Server::http1(observe(recorder).layer(service)),
        (_, None) => Server::http1(service),
    }
}

/// Waits until `count` calls have ended, and returns them.
pub async fn wait_for_calls(recorder: &RecordingObserver, count: usize) -> Vec<RecordedCall> {
    let recorder = recorder.clone();
    let recorded = tokio::task::spawn_blocking(move || recorder.wait_for(count)).await;
    let recorded = recorded.expect("it waits, and no more");
    assert_eq!(
        recorded.len(),
        count,
        "as many calls ended in time: {recorded:#?}"
    );
    recorded
}

/// Returns the only call. Called after the server has stopped, so that a second end would be
/// recorded.
pub fn only_call(recorder: &RecordingObserver) -> RecordedCall {
    let recorded = recorder.calls();
    assert_eq!(recorded.len(), 1, "one call is recorded: {recorded:#?}");
    assert_eq!(recorder.in_flight(), 0);
    recorded[0].clone()
}

/// Returns the service of a handler, for hyper's servers.
pub fn hyper_service(
    handler: impl Handler,
) -> BoxCloneService<Request<Incoming>, Response<AnyBody>, BoxError> {
    BoxCloneService::new(tower::service_fn(move |req: Request<Incoming>| {
        let handler = handler.clone();
        async move { handler.handle(req.map(boxed)).await }
    }))
}

/// Returns the router of a handler.
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
