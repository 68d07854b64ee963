//! The size of request bodies, as the service reads them.

mod body;
mod progress;

use std::task::{Context, Poll};

use http::Request;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

pub use self::body::CountingBody;
pub use self::progress::{ReadState, RequestBodyProgress};

/// A layer that counts the bytes that the service reads of each request body, and records whether it
/// read all of them.
///
/// Place it outside the observers (in axum: add it after them). They find a [`RequestBodyProgress`] in
/// the request's extensions and read it at the end of the call. The client of a service that forwards
/// requests needs a layer of its own, outside of its observers. It is a layer and not an observer,
/// because it replaces the request body by a [`CountingBody`]. Costs one allocation a call and the
/// insertion of an extension.
///
/// ```
/// use axum::{Router, routing::post};
/// use gusset_http::RequestBodySizeLayer;
/// # let observe = tower_layer::Identity::new();
///
/// let app: Router = Router::new()
///     .route("/orders", post(|order: String| async move { order.len().to_string() }))
///     .layer(observe)
///     .layer(RequestBodySizeLayer::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RequestBodySizeLayer;

/// The service that a [`RequestBodySizeLayer`] creates.
#[derive(Clone, Debug)]
pub struct RequestBodySize<S> {
    inner: S,
}

// === impl RequestBodySizeLayer ===

impl RequestBodySizeLayer {
    /// Creates the layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for RequestBodySizeLayer {
    type Service = RequestBodySize<S>;

    fn layer(&self, inner: S) -> RequestBodySize<S> {
        RequestBodySize { inner }
    }
}

// === impl RequestBodySize ===

impl<S, B> Service<Request<B>> for RequestBodySize<S>
where
    S: Service<Request<CountingBody<B>>>,
    B: Body,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<B>) -> S::Future {
        let progress = RequestBodyProgress::default();
        req.extensions_mut().insert(progress.clone());
        self.inner
            .call(req.map(|body| CountingBody::new(body, progress)))
    }
}
