//! The connections of a client.

#[cfg(feature = "rustls")]
mod certificate;
mod io;
mod opaque;
mod resolver;
mod tcp;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Uri;
use pin_project_lite::pin_project;
use tower_service::Service;

#[cfg(feature = "rustls")]
pub use self::certificate::{CertificateExpiry, CertificateFuture};
pub use self::io::TimedIo;
pub use self::opaque::{OpaqueConnector, OpaqueConnectorFuture, OpaqueConnectorLayer};
pub use self::resolver::{ResolverFuture, TimedResolver};
pub use self::tcp::{TcpFuture, TimedTcp};
use crate::peer::Target;
use crate::record::{CallRecord, ConnectionRecord};
use crate::shared::Shared;

/// A connector that measures the connections of hyper-util's client. Created by
/// [`ClientTimer::connector`](crate::ClientTimer::connector).
///
/// It has to be the outermost connector, around those of TLS and of proxies.
#[derive(Clone, Debug)]
pub struct TimedConnector<C> {
    inner: C,
    shared: Arc<Shared>,
}

pin_project! {
    /// The future of a [`TimedConnector`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ConnectorFuture<F> {
        #[pin]
        inner: F,
        // `None` after the connection was established.
        connection: Option<Arc<ConnectionRecord>>,
    }
}

// === impl TimedConnector ===

impl<C> TimedConnector<C> {
    pub(crate) fn new(inner: C, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<C: Service<Uri>> Service<Uri> for TimedConnector<C> {
    type Response = TimedIo<C::Response>;
    type Error = C::Error;
    type Future = ConnectorFuture<C::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let target = Target::new(&uri);
        let connection = ConnectionRecord::start(&self.shared, &target);
        CallRecord::attempt(&self.shared, &connection);
        let mut connection = Some(connection);
        // Resolvers and connectors inside may begin here already.
        let inner = ConnectionRecord::enter(&mut connection, || self.inner.call(uri));
        ConnectorFuture { inner, connection }
    }
}

// === impl ConnectorFuture ===

impl<F, T, E> Future for ConnectorFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<TimedIo<T>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let result = ready!(ConnectionRecord::enter(this.connection, || inner.poll(cx)));
        let connection = this.connection.take();
        let connection = connection.expect("futures only yield once");
        Poll::Ready(result.map(|io| TimedIo::new(io, connection)))
    }
}
