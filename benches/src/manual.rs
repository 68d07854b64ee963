//! Manual metrics for one fixed series: the cost of recording alone, without a driver, a lookup, or the
//! handling of errors, drops and panics. For comparison only.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Buf;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Metrics for one series.
#[derive(Clone, Debug, Default)]
pub struct ManualLayer {
    series: Arc<Series>,
}

/// The service of [`ManualLayer`].
#[derive(Clone, Debug)]
pub struct Manual<S> {
    inner: S,
    series: Arc<Series>,
}

pin_project! {
    /// The future of [`Manual`].
    #[derive(Debug)]
    pub struct ManualFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

pin_project! {
    /// The body of [`Manual`].
    #[derive(Debug)]
    pub struct ManualBody<B> {
        #[pin]
        inner: B,
        call: Option<Call>,
    }
}

#[derive(Debug, Default)]
struct Series {
    active: AtomicU64,
    duration: Histogram,
    time_to_headers: Histogram,
    size: Histogram,
}

/// A histogram of nanoseconds.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BUCKET_BOUNDS.len() + 1],
    sum: AtomicU64,
}

#[derive(Debug)]
struct Call {
    series: Arc<Series>,
    started: Instant,
    time_to_headers: u64,
    bytes: u64,
}

/// Upper bounds of the buckets, in nanoseconds.
const BUCKET_BOUNDS: [u64; 14] = [
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];

// === impl ManualLayer ===

impl<S> Layer<S> for ManualLayer {
    type Service = Manual<S>;

    fn layer(&self, inner: S) -> Manual<S> {
        Manual {
            inner,
            series: self.series.clone(),
        }
    }
}

// === impl Manual ===

impl<S, Req, B> Service<Req> for Manual<S>
where
    S: Service<Req, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ManualBody<B>>;
    type Error = S::Error;
    type Future = ManualFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        self.series.active.fetch_add(1, Relaxed);
        let call = Call {
            series: self.series.clone(),
            started: now(),
            time_to_headers: 0,
            bytes: 0,
        };
        ManualFuture {
            inner: self.inner.call(req),
            call: Some(call),
        }
    }
}

// === impl ManualFuture ===

impl<F, B, E> Future for ManualFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ManualBody<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let mut call = this.call.take();
        if let Some(call) = &mut call {
            call.time_to_headers = call.elapsed();
        }
        Poll::Ready(Ok(response.map(|inner| ManualBody { inner, call })))
    }
}

// === impl ManualBody ===

impl<B: Body> Body for ManualBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
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
            if let Some(call) = this.call.take() {
                call.end();
            }
        }
        Poll::Ready(frame)
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

// === impl Call ===

impl Call {
    #[inline]
    fn elapsed(&self) -> u64 {
        now().saturating_duration_since(self.started).as_nanos() as u64
    }

    #[inline]
    fn end(self) {
        self.series.duration.record(self.elapsed());
        self.series.time_to_headers.record(self.time_to_headers);
        self.series.size.record(self.bytes);
        self.series.active.fetch_sub(1, Relaxed);
    }
}

// === impl Histogram ===

impl Histogram {
    /// Records a value.
    #[inline]
    pub fn record(&self, value: u64) {
        let bucket = BUCKET_BOUNDS.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }
}

#[inline]
#[expect(clippy::disallowed_methods, reason = "manual metrics have no `Clock`")]
fn now() -> Instant {
    Instant::now()
}
