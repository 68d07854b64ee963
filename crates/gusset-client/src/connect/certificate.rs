//! The certificate that a server shows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use pin_project_lite::pin_project;
use tower_service::Service;
use x509_parser::parse_x509_certificate;

use crate::record::ConnectionRecord;

/// A connector that records when the certificate of the server expires, at each handshake
/// (`gusset.http.client.certificate.expiry`): around hyper-rustls, inside of a [`TimedConnector`](super::TimedConnector).
///
/// ```
/// use gusset_client::{CertificateExpiry, ClientTimer, TimedTcp};
/// use hyper_rustls::HttpsConnector;
/// use hyper_util::client::legacy::connect::HttpConnector;
///
/// # fn connector(config: rustls::ClientConfig) -> Result<(), gusset_client::ConfigError> {
/// let timer = ClientTimer::builder().build()?;
/// let mut http = HttpConnector::new();
/// http.enforce_http(false);
/// let https = HttpsConnector::from((TimedTcp::new(http), config));
/// let connector = timer.connector(CertificateExpiry::new(https));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CertificateExpiry<C> {
    inner: C,
}

pin_project! {
    /// The future of a [`CertificateExpiry`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CertificateFuture<F> {
        #[pin]
        inner: F,
        connection: Option<Arc<ConnectionRecord>>,
    }
}

// === impl CertificateExpiry ===

impl<C> CertificateExpiry<C> {
    /// Creates a connector that reads the certificates of the connections of `inner`.
    pub const fn new(inner: C) -> Self {
        Self { inner }
    }
}

impl<C, T> Service<Uri> for CertificateExpiry<C>
where
    C: Service<Uri, Response = MaybeHttpsStream<T>>,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = CertificateFuture<C::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        CertificateFuture {
            inner: self.inner.call(uri),
            connection: ConnectionRecord::current(),
        }
    }
}

// === impl CertificateFuture ===

impl<F, T, E> Future for CertificateFuture<F>
where
    F: Future<Output = Result<MaybeHttpsStream<T>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let (Some(connection), Ok(stream)) = (this.connection.take(), &result) {
            if let Some(expiry) = expiry(stream) {
                connection.peer().certificate_expires(expiry);
            }
        }
        Poll::Ready(result)
    }
}

/// Returns the end of the validity of the server's own certificate, in seconds since 1970.
fn expiry<T>(stream: &MaybeHttpsStream<T>) -> Option<i64> {
    let MaybeHttpsStream::Https(stream) = stream else {
        return None;
    };
    let (_, session) = stream.inner().get_ref();
    let certificate = session.peer_certificates()?.first()?;
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    Some(certificate.validity().not_after.timestamp())
}
