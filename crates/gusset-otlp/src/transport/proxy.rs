//! Connections to a receiver, directly or through a proxy.

use std::future::{Future, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::PathAndQuery;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::settings::Proxy;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to the receiver, or to the proxy on the way to it.
#[derive(Clone)]
pub(super) enum ProxyConnector {
    Direct(HttpConnector),
    /// The proxy connects to the receiver (`CONNECT`): for `https` and for gRPC.
    Tunnel(Tunnel<HttpConnector>),
    /// The proxy receives the request, with its whole URL: for `http`, whose ports many proxies refuse to
    /// tunnel to.
    Forward(HttpConnector, Uri),
}

/// The connection of a [`ProxyConnector`].
pub(super) struct ProxyStream {
    io: TokioIo<TcpStream>,
    is_forwarded: bool,
}

// === impl ProxyConnector ===

impl ProxyConnector {
    pub(super) fn new(mut tcp: HttpConnector, proxy: Option<&Proxy>, is_tunnel: bool) -> Self {
        match proxy {
            None => Self::Direct(tcp),
            Some(proxy) if is_tunnel => {
                // The scheme of the proxy's URL is `http`.
                tcp.enforce_http(true);
                let mut tunnel = Tunnel::new(proxy.uri.clone(), tcp);
                if let Some(authorization) = &proxy.authorization {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                Self::Tunnel(tunnel)
            }
            Some(proxy) => Self::Forward(tcp, proxy.uri.clone()),
        }
    }
}

impl Service<Uri> for ProxyConnector {
    type Response = ProxyStream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<ProxyStream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Direct(tcp) | Self::Forward(tcp, _) => tcp.poll_ready(cx).map_err(Into::into),
            Self::Tunnel(tunnel) => tunnel.poll_ready(cx).map_err(Into::into),
        }
    }

    fn call(&mut self, receiver: Uri) -> Self::Future {
        match self {
            Self::Direct(tcp) => connect(tcp.call(receiver), false),
            Self::Forward(tcp, proxy) => connect(tcp.call(proxy.clone()), true),
            Self::Tunnel(tunnel) => match with_port(receiver) {
                Ok(receiver) => connect(tunnel.call(receiver), false),
                Err(error) => Box::pin(ready(Err(error.into()))),
            },
        }
    }
}

fn connect<E: Into<BoxError>>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
    is_forwarded: bool,
) -> Pin<Box<dyn Future<Output = Result<ProxyStream, BoxError>> + Send>> {
    Box::pin(async move {
        let io = connecting.await.map_err(Into::into)?;
        Ok(ProxyStream { io, is_forwarded })
    })
}

/// Adds the port that the scheme implies: [`Tunnel`] takes 443 for every URL without one.
fn with_port(uri: Uri) -> Result<Uri, http::Error> {
    if uri.port().is_some() || uri.scheme_str() != Some("http") {
        return Ok(uri);
    }
    let path = uri.path_and_query().cloned();
    Uri::builder()
        .scheme("http")
        .authority(format!("{}:80", uri.host().unwrap_or_default()))
        .path_and_query(path.unwrap_or(PathAndQuery::from_static("/")))
        .build()
}

// === impl ProxyStream ===

impl Connection for ProxyStream {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.is_forwarded)
    }
}

impl Read for ProxyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for ProxyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
