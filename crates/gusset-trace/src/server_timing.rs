//! The span of a request, in the headers of its response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gusset_propagation::W3cTraceContext;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::current_span_context;

/// Adds the span of a request to its response: `Server-Timing: trace;desc=00-…`.
///
/// The format is that of W3C Trace Context level 2. Other metrics in the header stay. Put the layer
/// inside the observer of the spans; outside of any call it does nothing. Clients learn the trace id,
/// so use it only where they may. [`html_only`](Self::html_only) adds it to pages alone, for scripts that
/// measure them.
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
pub struct ServerTimingLayer {
    html_only: bool,
}

/// The service of a [`ServerTimingLayer`].
#[derive(Clone, Debug)]
pub struct ServerTiming<S> {
    inner: S,
    html_only: bool,
}

pin_project! {
    /// The future of a [`ServerTiming`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerTimingFuture<F> {
        #[pin]
        inner: F,
        html_only: bool,
    }
}

static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

const HTML: &[u8] = b"text/html";

// === impl ServerTimingLayer ===

impl ServerTimingLayer {
    /// Returns the layer.
    pub const fn new() -> Self {
        Self { html_only: false }
    }

    /// Adds the span to responses with the type `text/html` only.
    ///
    /// ```
    /// let layer = gusset_trace::ServerTimingLayer::new().html_only();
    /// ```
    #[must_use]
    pub const fn html_only(mut self) -> Self {
        self.html_only = true;
        self
    }
}

impl<S> Layer<S> for ServerTimingLayer {
    type Service = ServerTiming<S>;

    fn layer(&self, inner: S) -> ServerTiming<S> {
        let html_only = self.html_only;
        ServerTiming { inner, html_only }
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
            html_only: self.html_only,
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
        let this = self.project();
        let mut result = ready!(this.inner.poll(cx));
        let is_chosen = |res: &Response<D>| !*this.html_only || is_html(res.headers());
        if let Some(res) = result.as_mut().ok().filter(|res| is_chosen(res)) {
            add_current_span(res.headers_mut());
        }
        Poll::Ready(result)
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.and_then(|kind| kind.get(..HTML.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(HTML))
}

fn add_current_span(headers: &mut HeaderMap) {
    let Some(span) = current_span_context() else {
        return;
    };
    let value = [&b"trace;desc="[..], &W3cTraceContext::traceparent(&span)].concat();
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.append(&SERVER_TIMING, value);
    }
}
