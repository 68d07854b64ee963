//! A layer that does nothing: the cost of every layer that wraps the future and the body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that does nothing.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct PassLayer;

/// The service of [`PassLayer`].
#[derive(Clone, Copy, Debug)]
pub struct Pass<S> {
    inner: S,
}

pin_project! {
    /// The future of [`Pass`].
    #[derive(Debug)]
    pub struct PassFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project! {
    /// The body of [`Pass`].
    #[derive(Debug, Default)]
    pub struct PassBody<B> {
        #[pin]
        inner: B,
    }
}

// === impl PassLayer ===

impl<S> Layer<S> for PassLayer {
    type Service = Pass<S>;

    fn layer(&self, inner: S) -> Pass<S> {
        Pass { inner }
    }
}

// === impl Pass ===

impl<S, Req, B> Service<Req> for Pass<S>
where
    S: Service<Req, Response = Response<B>>,
{
    type Response = Response<PassBody<B>>;
    type Error = S::Error;
    type Future = PassFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        PassFuture {
            inner: self.inner.call(req),
        }
    }
}

// === impl PassFuture ===

impl<F, B, E> Future for PassFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<PassBody<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(cx))?;
        Poll::Ready(Ok(response.map(|inner| PassBody { inner })))
    }
}

// === impl PassBody ===

impl<B: Body> Body for PassBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
