//! Propagates the route from the router to the layers around it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Route;
use crate::RequestHead;

/// A layer for `Router::route_layer` that copies the matched route to the response, for observers
/// around the whole router.
///
/// Observers added with `Router::layer` do not need it. It allocates the response's extensions for
/// each call.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, PropagateRouteLayer};
/// use tower_layer::Layer;
///
/// # let router = "a router";
/// // In axum: `Router::new().route(..).route_layer(PropagateRouteLayer::new()).layer(observe)`.
/// let router = PropagateRouteLayer::new().layer(router);
/// let observed = ObserveLayer::<Http, _>::new(()).layer(router);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PropagateRouteLayer;

/// The service that a [`PropagateRouteLayer`] creates.
#[derive(Clone, Debug)]
pub struct PropagateRoute<S> {
    inner: S,
}

pin_project! {
    /// The response future of a [`PropagateRoute`].
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
    /// Creates the layer.
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
        let route = Route::to_owned(RequestHead::from(&req));
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
        let mut result = ready!(this.inner.poll(cx));
        if let (Ok(res), Some(route)) = (&mut result, this.route.take()) {
            // A route that the handler added is more precise.
            if res.extensions().get::<Route>().is_none() {
                res.extensions_mut().insert(route);
            }
        }
        Poll::Ready(result)
    }
}
