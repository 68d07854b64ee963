//! The lookup of a name.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use gusset_core::Failure;
use hyper_util::client::legacy::connect::dns::Name;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::record::ConnectionRecord;

/// A resolver that measures its lookups, inside of a [`TimedConnector`](super::TimedConnector).
///
/// `HttpConnector` does not call it for an address, nor does a client for a reused connection.
///
/// ```
/// use gusset_client::TimedResolver;
/// use hyper_util::client::legacy::connect::HttpConnector;
/// use hyper_util::client::legacy::connect::dns::GaiResolver;
///
/// let http = HttpConnector::new_with_resolver(TimedResolver::new(GaiResolver::new()));
/// ```
#[derive(Clone, Debug)]
pub struct TimedResolver<R> {
    inner: R,
}

pin_project! {
    /// The future of a [`TimedResolver`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResolverFuture<F> {
        #[pin]
        inner: F,
        connection: Option<Arc<ConnectionRecord>>,
    }
}

// === impl TimedResolver ===

impl<R> TimedResolver<R> {
    /// Creates a resolver that measures the lookups of `inner`.
    pub const fn new(inner: R) -> Self {
        Self { inner }
    }
}

impl<R> Service<Name> for TimedResolver<R>
where
    R: Service<Name>,
    R::Error: 'static,
{
    type Response = R::Response;
    type Error = R::Error;
    type Future = ResolverFuture<R::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let connection = ConnectionRecord::current();
        if let Some(connection) = &connection {
            connection.begin_lookup();
        }
        ResolverFuture {
            inner: self.inner.call(name),
            connection,
        }
    }
}

// === impl ResolverFuture ===

impl<F, T, E> Future for ResolverFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Some(connection) = this.connection.take() {
            let error = result.as_ref().err();
            connection.end_lookup(error.map(|error| Failure::new(error).error_type()));
        }
        Poll::Ready(result)
    }
}
