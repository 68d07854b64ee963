//! Connectors of types that cannot be named.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::record::{CallRecord, ConnectionRecord};
use crate::shared::Shared;

/// Measures the connections of a client that keeps the types of its connector to itself, as reqwest does. Created by
/// [`ClientTimer::connector_layer`](crate::ClientTimer::connector_layer).
#[derive(Clone, Debug)]
pub struct OpaqueConnectorLayer {
    shared: Arc<Shared>,
}

/// The connector of an [`OpaqueConnectorLayer`]. It passes on what the connector inside takes and returns.
#[derive(Clone, Debug)]
pub struct OpaqueConnector<C> {
    inner: C,
    shared: Arc<Shared>,
}

pin_project! {
    /// The future of an [`OpaqueConnector`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct OpaqueConnectorFuture<F> {
        #[pin]
        inner: F,
        connection: Option<Arc<ConnectionRecord>>,
    }
}

// === impl OpaqueConnectorLayer ===

impl OpaqueConnectorLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<C> Layer<C> for OpaqueConnectorLayer {
    type Service = OpaqueConnector<C>;

    fn layer(&self, inner: C) -> OpaqueConnector<C> {
        let shared = Arc::clone(&self.shared);
        OpaqueConnector { inner, shared }
    }
}

// === impl OpaqueConnector ===

impl<C: Service<Req>, Req> Service<Req> for OpaqueConnector<C> {
    type Response = C::Response;
    type Error = C::Error;
    type Future = OpaqueConnectorFuture<C::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        // The server is that of the call that needs the connection. There is none for a call of another timer.
        let mut connection = CallRecord::begin_attempt(&self.shared);
        let inner = ConnectionRecord::enter(&mut connection, || self.inner.call(req));
        OpaqueConnectorFuture { inner, connection }
    }
}

// === impl OpaqueConnectorFuture ===

impl<F, T, E> Future for OpaqueConnectorFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let inner = this.inner;
        let result = ready!(ConnectionRecord::enter(this.connection, || inner.poll(cx)));
        if let (Some(connection), Ok(_)) = (this.connection.take(), &result) {
            connection.establish();
        }
        Poll::Ready(result)
    }
}
