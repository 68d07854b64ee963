//! The layer of a server with phases.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use gusset_core::field;
use http::{HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Registered, RequestPhases};

/// Measures the phases of requests. Created by [`ServerPhases::layer`](super::ServerPhases::layer).
#[derive(Clone, Debug)]
pub struct ServerPhaseLayer {
    shared: Arc<Registered>,
}

/// The service of a [`ServerPhaseLayer`].
#[derive(Clone, Debug)]
pub struct ServerPhaseService<S> {
    inner: S,
    shared: Arc<Registered>,
}

pin_project! {
    /// The future of a [`ServerPhaseService`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerPhaseFuture<F> {
        #[pin]
        inner: F,
        // `None` only during a poll.
        request: Option<Arc<RequestPhases>>,
    }
}

static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

// === impl ServerPhaseLayer ===

impl ServerPhaseLayer {
    pub(super) fn new(shared: Arc<Registered>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for ServerPhaseLayer {
    type Service = ServerPhaseService<S>;

    fn layer(&self, inner: S) -> ServerPhaseService<S> {
        let shared = Arc::clone(&self.shared);
        ServerPhaseService { inner, shared }
    }
}

// === impl ServerPhaseService ===

impl<S, B, D> Service<Request<B>> for ServerPhaseService<S>
where
    S: Service<Request<B>, Response = Response<D>>,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = ServerPhaseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let mut request = Some(RequestPhases::new(&self.shared));
        let inner = RequestPhases::enter(&mut request, || self.inner.call(req));
        ServerPhaseFuture { inner, request }
    }
}

// === impl ServerPhaseFuture ===

impl<F, D, E> Future for ServerPhaseFuture<F>
where
    F: Future<Output = Result<Response<D>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut result = ready!(RequestPhases::enter(this.request, || this.inner.poll(cx)));
        if let Some(request) = this.request.take() {
            let header = report(&request);
            let header = header.filter(|_| request.shared.has_header);
            if let (Ok(res), Some(header)) = (&mut result, header) {
                res.headers_mut().append(&SERVER_TIMING, header);
            }
        }
        Poll::Ready(result)
    }
}

/// Reports the phases of a request, and returns them as `Server-Timing` has them: in milliseconds.
fn report(request: &RequestPhases) -> Option<HeaderValue> {
    let mut header = String::new();
    for (index, seconds) in request.sums() {
        let phase = &request.shared.phases[index];
        request.shared.record(phase, seconds);
        field::high(phase.field, format_args!("{seconds:.6}"));
        let separator = if header.is_empty() { "" } else { ", " };
        // Writing to a `String` does not fail.
        let _ = write!(header, "{separator}{};dur={:.3}", phase.name, seconds * 1e3);
    }
    let header = (!header.is_empty()).then_some(header)?;
    HeaderValue::try_from(header).ok()
}
