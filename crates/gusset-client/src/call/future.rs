//! The future of a call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gusset_core::Protocol as _;
use gusset_http::{Http, HttpClientClassifier};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::report::{self, CANCELLED};
use super::{CallTimings, TimedResponseBody};
use crate::record::CallRef;

pin_project! {
    /// The future of a [`Timing`](super::Timing) and of an [`OpaqueTiming`](super::OpaqueTiming).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TimingFuture<F> {
        #[pin]
        inner: F,
        // Empty after the call has failed or has a response. No `Option` around it, which would take a second word.
        call: CallRef,
    }

    impl<F> PinnedDrop for TimingFuture<F> {
        // Before the inner future is dropped, which still is in the phase in which the call was cancelled.
        fn drop(this: Pin<&mut Self>) {
            let call = this.project().call;
            if !call.is_empty() {
                report::failed(call.get(), CANCELLED);
            }
        }
    }
}

// === impl TimingFuture ===

impl<F> TimingFuture<F> {
    #[inline]
    pub(super) fn new(inner: F, call: CallRef) -> Self {
        Self { inner, call }
    }
}

impl<F, D, E> Future for TimingFuture<F>
where
    F: Future<Output = Result<Response<D>, E>>,
    D: Body,
    E: 'static,
{
    type Output = Result<Response<TimedResponseBody<D>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.call.enter(|| this.inner.poll(cx)));
        let call = this.call.take();
        Poll::Ready(match result {
            Ok(mut res) => {
                let connection = CallTimings::add(&call, res.extensions_mut());
                call.get().respond(connection);
                call.get().note_response(&res);
                report::responded(call.get());
                Ok(res.map(|body| TimedResponseBody::new(body, call)))
            }
            Err(error) => {
                let failure = Http::<HttpClientClassifier>::failure(&error);
                report::failed(call.get(), failure.error_type());
                Err(error)
            }
        })
    }
}
