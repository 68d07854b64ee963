//! TCP connections to a receiver, or to the proxy on the way to it.

use hyper_util::client::legacy::connect::HttpConnector;

#[cfg(feature = "proxy")]
use crate::OtlpProtocol;
use crate::settings::ExporterConfig;

#[cfg(feature = "proxy")]
pub(super) type TcpConnector = super::proxy::ProxyConnector;
#[cfg(not(feature = "proxy"))]
pub(super) type TcpConnector = HttpConnector;

pub(super) fn connector(config: &ExporterConfig) -> TcpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    // The TLS connector passes on `https` URLs too.
    tcp.enforce_http(false);
    #[cfg(feature = "proxy")]
    return TcpConnector::new(tcp, config.proxy.as_ref(), is_tunnelled(config));
    #[cfg(not(feature = "proxy"))]
    {
        let _ = config;
        tcp
    }
}

/// Returns the header by which requests that a proxy forwards are authorized. A tunnel sends it itself.
#[cfg(feature = "proxy")]
pub(super) fn forward_authorization(config: &ExporterConfig) -> Option<http::HeaderValue> {
    let proxy = config.proxy.as_ref()?;
    proxy
        .authorization
        .clone()
        .filter(|_| !is_tunnelled(config))
}

/// Returns whether a proxy passes on the bytes of a connection, and reads no requests.
#[cfg(feature = "proxy")]
fn is_tunnelled(config: &ExporterConfig) -> bool {
    config.endpoint.is_https() || config.protocol == OtlpProtocol::Grpc
}
