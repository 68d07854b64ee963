//! The response future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{CONNECTION, HeaderValue};
use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use crate::{Lifecycle, Phase};

pin_project! {
    /// The response future of a [`ConnectionDrain`](super::ConnectionDrain).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ConnectionDrainFuture<F> {
        #[pin]
        inner: F,
        // Set for HTTP/1 requests.
        lifecycle: Option<Lifecycle>,
    }
}

// === impl ConnectionDrainFuture ===

impl<F> ConnectionDrainFuture<F> {
    pub(super) fn new(inner: F, lifecycle: Option<Lifecycle>) -> Self {
        Self { inner, lifecycle }
    }
}

impl<F, B, E> Future for ConnectionDrainFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed where it is: a response is large, and each move is a copy.
        let mut polled = this.inner.poll(cx);
        // Read after the request, because the shutdown may have begun meanwhile.
        let is_draining = |lifecycle: &Lifecycle| lifecycle.phase() >= Phase::Draining;
        if let Poll::Ready(Ok(response)) = &mut polled {
            let is_draining = this.lifecycle.as_ref().is_some_and(is_draining);
            // An upgrade needs its own `Connection: upgrade`.
            if is_draining && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
        }
        polled
    }
}
