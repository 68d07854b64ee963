//! Endpoints: parts that answer instead of the service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::RequestHead;

/// Something that answers requests by itself, from memory: a scrape page, a probe.
///
/// An endpoint never reads a request's body and never waits for the service. Mount it on a router
/// as a service with [`EndpointService`] (`Router::route_service` in axum), or in front of a
/// service without a router by its own path check.
///
/// ```
/// use bytes::Bytes;
/// use gusset_http::{Endpoint, EndpointService, RequestHead};
/// use http::Response;
/// use http_body_util::Full;
/// use std::future::{Ready, ready};
///
/// struct Alive;
///
/// impl Endpoint for Alive {
///     type Future = Ready<Response<Full<Bytes>>>;
///     fn answer(&self, _: RequestHead<'_>) -> Self::Future {
///         ready(Response::new("alive".into()))
///     }
/// }
///
/// let service = EndpointService::new(Alive);
/// ```
pub trait Endpoint: Send + Sync + 'static {
    /// The answer, as it is being made.
    type Future: Future<Output = Response<Full<Bytes>>> + Send + 'static;

    /// Answers one request. Called on the executor of the server, so it must not block; what takes
    /// long belongs on another thread, with the future waiting for it.
    fn answer(&self, req: RequestHead<'_>) -> Self::Future;
}

/// An [`Endpoint`] as a Tower service over any request body, for a router to mount.
#[derive(Clone, Debug)]
pub struct EndpointService<E> {
    endpoint: E,
}

pin_project! {
    /// The future of an [`EndpointService`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct EndpointFuture<F> {
        #[pin]
        answer: F,
    }
}

// === impl EndpointService ===

impl<E: Endpoint> EndpointService<E> {
    /// Makes a service of `endpoint`.
    pub fn new(endpoint: E) -> Self {
        Self { endpoint }
    }
}

impl<E: Endpoint, B> Service<Request<B>> for EndpointService<E> {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = EndpointFuture<E::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        EndpointFuture {
            answer: self.endpoint.answer(RequestHead::from(&req)),
        }
    }
}

// === impl EndpointFuture ===

impl<F: Future<Output = Response<Full<Bytes>>>> Future for EndpointFuture<F> {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().answer.poll(cx).map(Ok)
    }
}
