use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

use super::{RequestId, Swapped};

pin_project! {
    /// The response future of a [`SetRequestId`](super::SetRequestId).
    #[must_use = "futures do nothing unless polled"]
    pub struct SetRequestIdFuture<F> {
        #[pin]
        pub(super) inner: F,
        // The current id of the thread while the service is polled.
        pub(super) id: Option<RequestId>,
    }
}

// === impl SetRequestIdFuture ===

impl<F, D, E> Future for SetRequestIdFuture<F>
where
    F: Future<Output = Result<Response<D>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let inner = this.inner;
        // Not in a closure: a response is large, and each move is a copy.
        let current = Swapped::new(this.id);
        let mut polled = inner.poll(cx);
        drop(current);
        if let (Poll::Ready(Ok(res)), Some(id)) = (&mut polled, this.id) {
            id.insert_if_absent(res.headers_mut());
        }
        polled
    }
}

impl<F: fmt::Debug> fmt::Debug for SetRequestIdFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetRequestIdFuture")
            .field("inner", &self.inner)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
