//! Several attempts as one call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;

use crate::TARGET;
use crate::record::Attempts;
use crate::shared::Shared;

/// Measures retries: it is outside of the layer that retries, and the layer of the same timer is inside. Created by
/// [`ClientTimer::retries`](crate::ClientTimer::retries).
///
/// The whole has one span, `http.client.retries`, which is the parent of the spans of its attempts. The span has the number
/// of attempts and the time between them, in seconds. The metrics are those that gRPC names for its own clients (gRFC A96),
/// under `gusset.http.client.call.`.
///
/// ```
/// use gusset_client::ClientTimer;
/// use tower::ServiceBuilder;
///
/// # fn main() -> Result<(), gusset_client::ConfigError> {
/// let timer = ClientTimer::builder().build()?;
/// let client = ServiceBuilder::new()
///     .layer(timer.retries())
///     // .layer(tower::retry::RetryLayer::new(policy))
///     // .layer(gusset.http_client())
///     .layer(timer.layer());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RetriesLayer {
    shared: Arc<Shared>,
}

/// The service of a [`RetriesLayer`].
#[derive(Clone, Debug)]
pub struct Retries<S> {
    inner: S,
    shared: Arc<Shared>,
}

pin_project! {
    /// The future of a [`Retries`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RetriesFuture<F> {
        #[pin]
        inner: F,
        // `None` only during a poll.
        attempts: Option<Arc<Attempts>>,
        span: Span,
    }

    impl<F> PinnedDrop for RetriesFuture<F> {
        // Also of a call that is cancelled between two attempts.
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(attempts) = this.attempts {
                attempts.report(this.span);
            }
        }
    }
}

// === impl RetriesLayer ===

impl RetriesLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for RetriesLayer {
    type Service = Retries<S>;

    fn layer(&self, inner: S) -> Retries<S> {
        let shared = Arc::clone(&self.shared);
        Retries { inner, shared }
    }
}

// === impl Retries ===

impl<S: Service<Req>, Req> Service<Req> for Retries<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = RetriesFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let span = tracing::info_span!(
            target: TARGET,
            "http.client.retries",
            gusset.http.client.attempts = tracing::field::Empty,
            gusset.http.client.retry_delay = tracing::field::Empty,
        );
        let mut attempts = Some(Attempts::new(&self.shared));
        // A retry layer sends the first attempt here.
        let enter = || Attempts::enter(&mut attempts, || self.inner.call(req));
        let inner = span.in_scope(enter);
        RetriesFuture {
            inner,
            attempts,
            span,
        }
    }
}

// === impl RetriesFuture ===

impl<F: Future> Future for RetriesFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = || Attempts::enter(this.attempts, || this.inner.poll(cx));
        let output = ready!(this.span.in_scope(poll));
        if let Some(attempts) = this.attempts.take() {
            attempts.report(this.span);
        }
        Poll::Ready(output)
    }
}
