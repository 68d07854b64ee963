//! The future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONNECTION, HeaderValue};
use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use crate::{Lifecycle, Phase};

pin_project! {
    /// The future of a [`Drain`](super::Drain).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct DrainFuture<F> {
        #[pin]
        inner: F,
        // Of a call on a connection that can be closed by a header.
        life: Option<Lifecycle>,
    }
}

// === impl DrainFuture ===

impl<F> DrainFuture<F> {
    pub(super) fn new(inner: F, life: Option<Lifecycle>) -> Self {
        Self { inner, life }
    }
}

impl<F, B, E> Future for DrainFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.inner.poll(cx));
        // Asked now and not when the call came: the end may have come meanwhile.
        let draining = |life: &Lifecycle| life.phase() >= Phase::Draining;
        if let (Ok(response), true) = (&mut answer, this.life.as_ref().is_some_and(draining)) {
            // An upgrade says `Connection: upgrade`, and needs it.
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
        }
        Poll::Ready(answer)
    }
}
