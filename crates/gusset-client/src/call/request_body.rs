//! The body of a request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::record::CallRef;

pin_project! {
    /// The body of a request that is measured. It reports when a connection takes the request, and when it has taken all
    /// of it.
    ///
    /// Forwards every frame, `size_hint` and `is_end_stream` unchanged. A client is built with it as its body:
    ///
    /// ```
    /// use bytes::Bytes;
    /// use gusset_client::TimedBody;
    /// use http_body_util::Full;
    /// use hyper_util::client::legacy::{Client, connect::HttpConnector};
    ///
    /// type HttpClient = Client<HttpConnector, TimedBody<Full<Bytes>>>;
    /// ```
    #[derive(Debug)]
    pub struct TimedBody<B> {
        #[pin]
        inner: B,
        call: CallRef,
    }
}

// === impl TimedBody ===

impl<B> TimedBody<B> {
    pub(crate) fn new(inner: B, call: CallRef) -> Self {
        Self { inner, call }
    }

    /// Returns the body of the caller.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for TimedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        this.call.get().begin_body();
        let polled = ready!(this.inner.as_mut().poll_frame(cx));
        match &polled {
            Some(Ok(_)) => {
                // A connection does not poll again once it has the declared length.
                let is_last =
                    this.inner.is_end_stream() || this.inner.size_hint().exact() == Some(0);
                this.call.get().take_part(is_last);
            }
            None => this.call.get().take_part(true),
            Some(Err(_)) => {}
        }
        Poll::Ready(polled)
    }

    /// hyper calls this once when the connection takes the request, in HTTP/1 and HTTP/2, and again only between frames.
    #[inline]
    fn is_end_stream(&self) -> bool {
        let is_end = self.inner.is_end_stream();
        self.call.get().dispatch(is_end);
        is_end
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
