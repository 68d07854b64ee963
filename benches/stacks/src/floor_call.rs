//! A call of the manual layer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::MatchedPath;
use bytes::Buf;
use http::{HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::floor::Shared;

/// The facts of a call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) start: Instant,
    pub(crate) request_id: u128,
    pub(crate) trace_id: u128,
    pub(crate) parent: u64,
    pub(crate) span_id: u64,
    pub(crate) route: Option<MatchedPath>,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
}

pin_project! {
    /// The future of [`Floor`](crate::Floor).
    #[derive(Debug)]
    pub struct FloorFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

pin_project! {
    /// The body of [`Floor`](crate::Floor).
    #[derive(Debug)]
    pub struct FloorBody<B> {
        #[pin]
        inner: B,
        call: Option<Call>,
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

// === impl FloorFuture ===

impl<F> FloorFuture<F> {
    pub(crate) fn new(inner: F, call: Call) -> Self {
        let call = Some(call);
        Self { inner, call }
    }
}

impl<F, B, E> Future for FloorFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<FloorBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let mut call = this.call.take();
        if let Some(call) = &mut call {
            call.status = response.status().as_u16();
            let id = HeaderValue::try_from(format!("{:032x}", call.request_id));
            let id = id.expect("digits are a valid value");
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Poll::Ready(Ok(response.map(|inner| FloorBody { inner, call })))
    }
}

// === impl FloorBody ===

impl<B: Body> Body for FloorBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        if let (Some(call), Some(Ok(frame))) = (&mut *this.call, &frame) {
            call.bytes += frame.data_ref().map_or(0, |data| data.remaining() as u64);
        }
        if frame.is_none() || this.inner.is_end_stream() {
            if let Some(mut call) = this.call.take() {
                Arc::clone(&call.shared).end(&mut call);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pub(crate) fn now() -> Instant {
    Instant::now()
}
