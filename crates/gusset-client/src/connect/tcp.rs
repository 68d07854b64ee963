//! The connector under TLS.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Uri;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::record::ConnectionRecord;

/// A connector that marks where TCP ends and TLS begins: between `HttpConnector` and the connector of TLS, inside of a
/// [`TimedConnector`](super::TimedConnector).
///
/// Without it, the handshake is a part of [`Phase::Tcp`](crate::Phase::Tcp).
///
/// ```
/// use gusset_client::TimedTcp;
/// use hyper_util::client::legacy::connect::HttpConnector;
///
/// let mut http = HttpConnector::new();
/// http.enforce_http(false);
/// let tcp = TimedTcp::new(http); // then hyper_rustls::HttpsConnector::from((tcp, config))
/// ```
#[derive(Clone, Debug)]
pub struct TimedTcp<C> {
    inner: C,
}

pin_project! {
    /// The future of a [`TimedTcp`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TcpFuture<F> {
        #[pin]
        inner: F,
        connection: Option<Arc<ConnectionRecord>>,
    }
}

// === impl TimedTcp ===

impl<C> TimedTcp<C> {
    /// Creates a connector that marks the end of `inner`.
    pub const fn new(inner: C) -> Self {
        Self { inner }
    }
}

impl<C: Service<Uri>> Service<Uri> for TimedTcp<C> {
    type Response = C::Response;
    type Error = C::Error;
    type Future = TcpFuture<C::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        TcpFuture {
            inner: self.inner.call(uri),
            connection: ConnectionRecord::current(),
        }
    }
}

// === impl TcpFuture ===

impl<F, T, E> Future for TcpFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let (Some(connection), Ok(_)) = (this.connection.take(), &result) {
            connection.end_tcp();
        }
        Poll::Ready(result)
    }
}
