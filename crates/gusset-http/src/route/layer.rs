//! Hands the route outwards, to a layer around the whole router.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Route;
use crate::RequestHead;

/// A layer for `Router::route_layer` that copies the matched route into the response, so that an
/// observer around the whole router learns it.
///
/// Not needed where the observer is itself put on with `Router::layer`, which is cheaper: this
/// allocates the route's name and the response's extensions for each call.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, NameRouteLayer};
/// use tower_layer::Layer;
///
/// # let router = "a router";
/// // In axum: `Router::new().route(..).route_layer(NameRouteLayer::new()).layer(observe)`.
/// let named = NameRouteLayer::new().layer(router);
/// let observed = ObserveLayer::<Http, _>::new(()).layer(named);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NameRouteLayer;

/// The service of a [`NameRouteLayer`].
#[derive(Clone, Debug)]
pub struct NameRoute<S> {
    inner: S,
}

pin_project! {
    /// The future of a [`NameRoute`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct NameRouteFuture<F> {
        #[pin]
        inner: F,
        route: Option<Route>,
    }
}

// === impl NameRouteLayer ===

impl NameRouteLayer {
    /// The layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for NameRouteLayer {
    type Service = NameRoute<S>;

    fn layer(&self, inner: S) -> NameRoute<S> {
        NameRoute { inner }
    }
}

// === impl NameRoute ===

impl<S, B, D> Service<Request<B>> for NameRoute<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = NameRouteFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let route = Route::of_request(RequestHead::from(&req)).map(Route::shared);
        NameRouteFuture {
            inner: self.inner.call(req),
            route,
        }
    }
}

// === impl NameRouteFuture ===

impl<F, D, E> Future for NameRouteFuture<F>
where
    F: Future<Output = Result<Response<D>, E>>,
{
    type Output = Result<Response<D>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        if let (Ok(res), Some(route)) = (&mut answer, this.route.take()) {
            // What a handler named itself is more precise.
            if res.extensions().get::<Route>().is_none() {
                res.extensions_mut().insert(route);
            }
        }
        Poll::Ready(answer)
    }
}
