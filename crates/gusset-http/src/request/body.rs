use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{RequestProgress, RequestRead};

pin_project! {
    /// A request's body that counts what is read of it. Passes on everything as it is.
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        progress: RequestProgress,
    }
}

// === impl CountedBody ===

impl<B: Body> CountedBody<B> {
    pub(super) fn new(inner: B, progress: RequestProgress) -> Self {
        if inner.is_end_stream() {
            progress.set(RequestRead::Whole);
        }
        Self { inner, progress }
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.inner.as_mut().poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    this.progress.add(data.remaining());
                }
                // A reader that has got the declared length does not ask for more.
                if frame.is_trailers() || this.inner.is_end_stream() {
                    this.progress.set(RequestRead::Whole);
                }
            }
            Poll::Ready(Some(Err(_))) => this.progress.set(RequestRead::Broken),
            // Bodies that are asked again after an error say that they are at their end.
            Poll::Ready(None) if this.progress.read() == RequestRead::Broken => {}
            Poll::Ready(None) => this.progress.set(RequestRead::Whole),
        }
        polled
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
