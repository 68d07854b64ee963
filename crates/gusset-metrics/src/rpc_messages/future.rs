//! The future of a response whose messages are counted.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gusset_http::{ResponseHead, has_grpc_messages};
use http::Response;
use pin_project_lite::pin_project;

use super::CountedMessages;
use super::body::{BodyCounter, DirectionCounters};

pin_project! {
    /// The future of [`RpcMessages`](super::RpcMessages).
    pub struct RpcMessagesFuture<F> {
        #[pin]
        inner: F,
        counters: Option<DirectionCounters>,
    }
}

// === impl RpcMessagesFuture ===

impl<F> RpcMessagesFuture<F> {
    pub(super) fn new(inner: F, counters: Option<DirectionCounters>) -> Self {
        Self { inner, counters }
    }
}

impl<F, B, E> Future for RpcMessagesFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<CountedMessages<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        Poll::Ready(result.map(|response| {
            let is_counted = has_grpc_messages(ResponseHead::from(&response));
            let counters = this.counters.take().filter(|_| is_counted);
            let counter = counters.map(BodyCounter::new);
            response.map(|body| CountedMessages::new(body, counter))
        }))
    }
}

impl<F> std::fmt::Debug for RpcMessagesFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcMessagesFuture").finish_non_exhaustive()
    }
}
