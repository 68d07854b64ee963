//! Connects to a receiver: over TCP, through a proxy, or to a Unix socket.

use std::error::Error;
use std::future::Future;
#[cfg(feature = "proxy")]
use std::future::ready;
#[cfg(unix)]
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
#[cfg(feature = "proxy")]
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tower_service::Service;

use super::stream::Stream;
use crate::settings::ExporterConfig;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

#[derive(Clone)]
pub(super) enum Connector {
    Direct(HttpConnector),
    /// The proxy connects to the receiver (`CONNECT`): for `https` and for gRPC.
    #[cfg(feature = "proxy")]
    Tunnel(Tunnel<HttpConnector>),
    /// The proxy receives the request, with its whole URL: for `http`, whose ports many proxies refuse to
    /// tunnel to.
    #[cfg(feature = "proxy")]
    Forward(HttpConnector, Uri),
    #[cfg(unix)]
    Unix(PathBuf),
}

// === impl Connector ===

impl Connector {
    pub(super) fn new(config: &ExporterConfig) -> Self {
        #[cfg(unix)]
        if let Some(path) = &config.endpoint.socket {
            return Self::Unix(path.clone());
        }
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // The TLS connector passes on `https` URLs too.
        tcp.enforce_http(false);
        #[cfg(feature = "proxy")]
        if let Some(proxy) = &config.proxy {
            if !config.is_tunnelled() {
                return Self::Forward(tcp, proxy.uri.clone());
            }
            let mut tunnel = Tunnel::new(proxy.uri.clone(), tcp);
            if let Some(authorization) = &proxy.authorization {
                tunnel = tunnel.with_auth(authorization.clone());
            }
            return Self::Tunnel(tunnel);
        }
        Self::Direct(tcp)
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Direct(tcp) => tcp.poll_ready(cx).map_err(Into::into),
            #[cfg(feature = "proxy")]
            Self::Forward(tcp, _) => tcp.poll_ready(cx).map_err(Into::into),
            #[cfg(feature = "proxy")]
            Self::Tunnel(tunnel) => tunnel.poll_ready(cx).map_err(Into::into),
            #[cfg(unix)]
            Self::Unix(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, receiver: Uri) -> Connecting {
        match self {
            Self::Direct(tcp) => connect(tcp.call(receiver), Stream::Tcp),
            #[cfg(feature = "proxy")]
            Self::Forward(tcp, proxy) => connect(tcp.call(proxy.clone()), Stream::Forwarded),
            #[cfg(feature = "proxy")]
            Self::Tunnel(tunnel) => match with_port(receiver) {
                Ok(receiver) => connect(tunnel.call(receiver), Stream::Tcp),
                Err(error) => Box::pin(ready(Err(error.into()))),
            },
            #[cfg(unix)]
            Self::Unix(path) => {
                let path = path.clone();
                Box::pin(async move {
                    let stream = UnixStream::connect(path).await?;
                    Ok(Stream::Unix(TokioIo::new(stream)))
                })
            }
        }
    }
}

fn connect<E: Into<BoxError>>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
    stream: fn(TokioIo<TcpStream>) -> Stream,
) -> Connecting {
    Box::pin(async move { connecting.await.map(stream).map_err(Into::into) })
}

/// Adds the port that the scheme implies: [`Tunnel`] takes 443 for every URL without one.
#[cfg(feature = "proxy")]
fn with_port(uri: Uri) -> Result<Uri, http::Error> {
    if uri.port().is_some() || uri.scheme_str() != Some("http") {
        return Ok(uri);
    }
    let authority = format!("{}:80", uri.host().unwrap_or_default());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let builder = Uri::builder().scheme("http").authority(authority);
    builder.path_and_query(path).build()
}
