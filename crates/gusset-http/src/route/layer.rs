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
/// use gusset_http::{Http, PropagateRouteLayer};
/// use tower_layer::Layer;
///
/// # let router = "a router";
/// // In axum: `Router::new().route(..).route_layer(PropagateRouteLayer::new()).layer(observe)`.
/// let named = PropagateRouteLayer::new().layer(router);
/// let observed = ObserveLayer::<Http, _>::new(()).layer(named);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PropagateRouteLayer;

/// The service of a [`PropagateRouteLayer`].
#[derive(Clone, Debug)]
pub struct PropagateRoute<S> {
    inner: S,
}

pin_project! {
    /// The future of a [`PropagateRoute`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct PropagateRouteFuture<F> {
        #[pin]
        inner: F,
        route: Option<Route>,
    }
}

// === impl PropagateRouteLayer ===

impl PropagateRouteLayer {
    /// The layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for PropagateRouteLayer {
    type Service = PropagateRoute<S>;

    fn layer(&self, inner: S) -> PropagateRoute<S> {
        PropagateRoute { inner }
    }
}

// === impl PropagateRoute ===

impl<S, B, D> Service<Request<B>> for PropagateRoute<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = PropagateRouteFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let route = Route::from_request(RequestHead::from(&req)).map(Route::from_arc);
        PropagateRouteFuture {
            inner: self.inner.call(req),
            route,
        }
    }
}

// === impl PropagateRouteFuture ===

impl<F, D, E> Future for PropagateRouteFuture<F>
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
