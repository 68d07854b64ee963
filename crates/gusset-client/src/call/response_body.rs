//! The body of a response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gusset_core::Protocol as _;
use gusset_http::{Http, HttpClientClassifier};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::report;
use crate::record::CallRef;

pin_project! {
    /// The body of a response that is measured, up to its end.
    ///
    /// Forwards every frame, `size_hint` and `is_end_stream` unchanged.
    #[derive(Debug)]
    pub struct TimedResponseBody<B> {
        #[pin]
        inner: B,
        call: CallRef,
        has_ended: bool,
    }

    impl<B> PinnedDrop for TimedResponseBody<B> {
        // A caller may discard the body of a good response, so that is not a failure.
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if !*this.has_ended {
                this.call.get().end();
                this.call.get().keep(None);
            }
        }
    }
}

// === impl TimedResponseBody ===

impl<B: Body> TimedResponseBody<B> {
    #[inline]
    pub(crate) fn new(inner: B, call: CallRef) -> Self {
        let has_ended = inner.is_end_stream();
        if has_ended {
            report::ended(call.get());
        }
        Self {
            inner,
            call,
            has_ended,
        }
    }
}

impl<B> TimedResponseBody<B> {
    /// Returns the body of the client.
    pub fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B> Body for TimedResponseBody<B>
where
    B: Body,
    B::Error: 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = ready!(this.inner.as_mut().poll_frame(cx));
        if !*this.has_ended {
            match &polled {
                Some(Ok(frame)) if frame.is_data() && !this.inner.is_end_stream() => {}
                Some(Err(error)) => {
                    *this.has_ended = true;
                    let error = Http::<HttpClientClassifier>::failure(error).error_type();
                    report::failed(this.call.get(), error);
                }
                _ => {
                    *this.has_ended = true;
                    report::ended(this.call.get());
                }
            }
        }
        Poll::Ready(polled)
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
