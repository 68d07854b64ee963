//! Endpoints: they answer a request instead of the service.

mod body;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

pub use self::body::{EndpointBody, EndpointResponse};
use crate::RequestHead;

/// An endpoint that answers requests from memory: a metrics endpoint, a health probe. A response may be a stream
/// too: see [`EndpointBody::stream`].
///
/// It does not read the request body and does not call the service. [`EndpointService`] mounts it on
/// a router (`Router::route_service` in axum).
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an endpoint",
    label = "does not answer requests",
    note = "implement `Endpoint`; a Tower service or a handler of a router is not one, because an endpoint has no body to read"
)]
pub trait Endpoint: Send + Sync + 'static {
    /// The future response.
    type Future: Future<Output: EndpointResponse> + Send + 'static;

    /// Answers one request.
    ///
    /// Runs on the server's executor, so it must not block. Do slow work on another thread and await
    /// it in the future.
    fn answer(&self, req: RequestHead<'_>) -> Self::Future;
}

/// A Tower service that answers with an [`Endpoint`], for any request body.
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
    /// Creates a service that answers with `endpoint`.
    pub fn new(endpoint: E) -> Self {
        Self { endpoint }
    }
}

impl<E: Endpoint, B> Service<Request<B>> for EndpointService<E> {
    type Response = Response<EndpointBody>;
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

impl<F: Future<Output: EndpointResponse>> Future for EndpointFuture<F> {
    type Output = Result<Response<EndpointBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.project().answer.poll(cx);
        answer.map(|response| Ok(response.into_response()))
    }
}
