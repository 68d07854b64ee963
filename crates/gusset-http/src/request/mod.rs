//! Counting what is read of a request's body: an opt-in.

mod body;
mod progress;

use std::task::{Context, Poll};

use http::Request;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

pub use self::body::CountedBody;
pub use self::progress::{RequestProgress, RequestRead};

/// A layer that counts what is read of each request's body, and says whether all of it was.
///
/// Goes outside the observers (under axum: added after them), which find a [`RequestProgress`] in the
/// request's extensions and read it at the end of the call. A plain layer and not an observer, because
/// it changes the request: the service inside gets a [`CountedBody`]. Costs one allocation a call, and
/// what it takes to put an extension into the request.
///
/// ```
/// use axum::{Router, routing::post};
/// use gusset_http::CountRequestLayer;
/// # let observe = tower_layer::Identity::new();
///
/// let app: Router = Router::new()
///     .route("/orders", post(|order: String| async move { order.len().to_string() }))
///     .layer(observe)
///     .layer(CountRequestLayer::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CountRequestLayer;

/// The service of a [`CountRequestLayer`].
#[derive(Clone, Debug)]
pub struct CountRequest<S> {
    inner: S,
}

// === impl CountRequestLayer ===

impl CountRequestLayer {
    /// The layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for CountRequestLayer {
    type Service = CountRequest<S>;

    fn layer(&self, inner: S) -> CountRequest<S> {
        CountRequest { inner }
    }
}

// === impl CountRequest ===

impl<S, B> Service<Request<B>> for CountRequest<S>
where
    S: Service<Request<CountedBody<B>>>,
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
        let progress = RequestProgress::default();
        req.extensions_mut().insert(progress.clone());
        self.inner
            .call(req.map(|body| CountedBody::new(body, progress)))
    }
}
