use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{ReadState, RequestBodyProgress};

pin_project! {
    /// A request body that counts the bytes that are read of it. Forwards everything unchanged.
    #[derive(Debug)]
    pub struct CountingBody<B> {
        #[pin]
        inner: B,
        progress: RequestBodyProgress,
    }
}

// === impl CountingBody ===

impl<B: Body> CountingBody<B> {
    pub(super) fn new(inner: B, progress: RequestBodyProgress) -> Self {
        if inner.is_end_stream() {
            progress.set(ReadState::Complete);
        }
        Self { inner, progress }
    }
}

impl<B: Body> Body for CountingBody<B> {
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
                // A reader that has the declared length does not poll again.
                if frame.is_trailers() || this.inner.is_end_stream() {
                    this.progress.set(ReadState::Complete);
                }
            }
            Poll::Ready(Some(Err(_))) => this.progress.set(ReadState::Aborted),
            // Bodies that are polled after an error report their end.
            Poll::Ready(None) if this.progress.state() == ReadState::Aborted => {}
            Poll::Ready(None) => this.progress.set(ReadState::Complete),
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
