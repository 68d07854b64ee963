//! The span of a request, in the headers of its response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gusset_propagation::W3cTraceContext;
use http::{HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::current_span_context;

/// Adds the span of a request to its response: `Server-Timing: trace;desc=00-…`.
///
/// The format is that of W3C Trace Context level 2. Other metrics in the header stay. Put the layer
/// inside the observer of the spans; outside of any call it does nothing. Clients learn the trace id,
/// so use it only where they may.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_trace::{ServerTimingLayer, TraceObserver};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// # let service = "a service";
/// let observe = ObserveLayer::<Http, _>::new(TraceObserver::server().build()?);
/// let service = observe.layer(ServerTimingLayer::new().layer(service));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ServerTimingLayer;

/// The service of a [`ServerTimingLayer`].
#[derive(Clone, Debug)]
pub struct ServerTiming<S> {
    inner: S,
}

pin_project! {
    /// The future of a [`ServerTiming`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerTimingFuture<F> {
        #[pin]
        inner: F,
    }
}

static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

// === impl ServerTimingLayer ===

impl ServerTimingLayer {
    /// Returns the layer.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for ServerTimingLayer {
    type Service = ServerTiming<S>;

    fn layer(&self, inner: S) -> ServerTiming<S> {
        ServerTiming { inner }
    }
}

// === impl ServerTiming ===

impl<S, B, D> Service<Request<B>> for ServerTiming<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = ServerTimingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        ServerTimingFuture {
            inner: self.inner.call(req),
        }
    }
}

// === impl ServerTimingFuture ===

impl<F, D, E> Future for ServerTimingFuture<F>
where
    F: Future<Output = Result<Response<D>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut result = ready!(self.project().inner.poll(cx));
        if let (Ok(res), Some(span)) = (&mut result, current_span_context()) {
            let value = [&b"trace;desc="[..], &W3cTraceContext::traceparent(&span)].concat();
            if let Ok(value) = HeaderValue::try_from(value) {
                res.headers_mut().append(&SERVER_TIMING, value);
            }
        }
        Poll::Ready(result)
    }
}
