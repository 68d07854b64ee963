//! A body that counts its messages.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use metrics::Counter;
use pin_project_lite::pin_project;

use super::scanner::MessageScanner;

/// The counters of one direction.
#[derive(Clone)]
pub(super) struct DirectionCounters {
    pub(super) messages: Counter,
    pub(super) bytes: Counter,
}

/// What counts the messages of one body.
pub(super) struct BodyCounter {
    counters: DirectionCounters,
    scanner: MessageScanner,
}

pin_project! {
    /// A body that counts its messages and bytes as they pass. Forwards everything unchanged.
    pub struct CountedMessages<B> {
        #[pin]
        inner: B,
        // `None` if the body is not of gRPC.
        counter: Option<BodyCounter>,
    }
}

// === impl BodyCounter ===

impl BodyCounter {
    pub(super) fn new(counters: DirectionCounters) -> Self {
        Self {
            counters,
            scanner: MessageScanner::default(),
        }
    }

    fn count(&mut self, data: &Bytes) {
        self.counters.bytes.increment(data.len() as u64);
        let messages = self.scanner.scan(data);
        if messages > 0 {
            self.counters.messages.increment(messages);
        }
    }
}

// === impl CountedMessages ===

impl<B> CountedMessages<B> {
    pub(super) fn new(inner: B, counter: Option<BodyCounter>) -> Self {
        Self { inner, counter }
    }
}

impl<B: Body<Data = Bytes>> Body for CountedMessages<B> {
    type Data = Bytes;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let polled = this.inner.poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(counter)) = (&polled, this.counter) {
            if let Some(data) = frame.data_ref() {
                counter.count(data);
            }
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

impl<B> std::fmt::Debug for CountedMessages<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CountedMessages")
            .field("is_counted", &self.counter.is_some())
            .finish_non_exhaustive()
    }
}

impl<B: Default> Default for CountedMessages<B> {
    /// Returns a body of a response that another layer makes. Nothing of it is counted.
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}
