//! The attributes of a request: derived once, by one rule, for every signal.

mod authority;
mod cache;
mod identity;
mod options;
mod registered_fields;
mod route_fn;
mod rpc_method;
mod rpc_methods;
mod scheme;
mod url;
mod version;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderValue, Uri, header};

pub use self::authority::ServerAddress;
use self::authority::{ascii, host_and_port};
pub use self::cache::AttributeCache;
pub use self::options::RequestOptions;
pub use self::route_fn::route_panics;
pub use self::rpc_method::{RpcMethod, RpcMethodName};
pub use self::rpc_methods::RpcMethodId;
pub use self::scheme::Scheme;
pub use self::url::RedactedUrl;
pub use self::version::ProtocolVersion;
use crate::{PeerAddr, RedactedQuery, RequestHead, Route, UrlTemplate, truncate_str};

/// The attributes of one request, by OpenTelemetry's semantic conventions 1.44.
///
/// Logs, traces and metrics read a request through this view, so that they agree about it. Each
/// method derives its attribute when it is called. What is expensive to derive is cached for the
/// other observers of the call ([`AttributeCache`]).
///
/// ```
/// use gusset_http::{RequestAttributes, RequestHead, RequestOptions, Scheme, Side};
///
/// let request = http::Request::get("https://[2001:db8::1]/items?page=2").body(()).unwrap();
/// let options = RequestOptions::default();
/// let attributes = RequestAttributes::new(RequestHead::from(&request), Side::Client, &options);
///
/// assert_eq!(attributes.method(), "GET");
/// assert_eq!(attributes.scheme(), Scheme::Https);
/// assert_eq!(attributes.server_address(), Some("2001:db8::1"));
/// assert_eq!(attributes.server_port(), Some(443));
/// assert_eq!(attributes.path(), "/items");
/// assert!(attributes.query().is_none());
/// ```
#[derive(Clone, Copy)]
pub struct RequestAttributes<'a> {
    head: RequestHead<'a>,
    side: Side,
    options: &'a RequestOptions,
}

/// The side of a call that is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a call has two sides")]
pub enum Side {
    /// The service receives the request. Its contents are chosen by an untrusted client.
    Server,
    /// The service sends the request.
    Client,
}

/// The longest path that is reported, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;

/// The longest header value that is reported, in bytes.
pub const MAX_HEADER_VALUE_BYTES: usize = 256;

const MAX_METHOD_BYTES: usize = 32;
const MAX_ROUTE_BYTES: usize = 256;

// === impl RequestAttributes ===

impl<'a> RequestAttributes<'a> {
    /// Returns the attributes of `head`, as `side` sees the request.
    #[inline]
    pub fn new(head: RequestHead<'a>, side: Side, options: &'a RequestOptions) -> Self {
        Self {
            head,
            side,
            options,
        }
    }

    /// Returns the request that the attributes are derived from.
    #[inline]
    pub fn head(self) -> RequestHead<'a> {
        self.head
    }

    /// Returns the side that observes the request.
    #[inline]
    pub fn side(self) -> Side {
        self.side
    }

    /// Returns `http.request.method`: a known method, or `_OTHER`.
    #[inline]
    pub fn method(self) -> &'a str {
        self.options.method_name(self.method_index())
    }

    /// Returns the index of the method among the known ones, or zero for `_OTHER`.
    ///
    /// [`RequestOptions::method_name`] returns the name after the request is gone.
    #[inline]
    pub fn method_index(self) -> usize {
        self.options.known_methods().index_of(self.head.method)
    }

    /// Returns `http.request.method_original`: the first 32 bytes of a method that is not known.
    #[inline]
    pub fn method_original(self) -> Option<&'a str> {
        let is_other = self.method_index() == 0;
        is_other.then(|| truncate_str(self.head.method.as_str(), MAX_METHOD_BYTES))
    }

    /// Returns `url.scheme`: that of the request's target, which HTTP/2 and HTTP/3 always send.
    ///
    /// Without one it is `http`, or on a server the scheme that [`RequestOptions::with_https`]
    /// configures.
    #[inline]
    pub fn scheme(self) -> Scheme {
        match self.head.uri.scheme_str() {
            Some("https") => Scheme::Https,
            Some("http") => Scheme::Http,
            _ if self.side == Side::Server && self.options.https() => Scheme::Https,
            _ => Scheme::Http,
        }
    }

    /// Returns `server.address` of a client's request: the host of the target, else of the `Host`
    /// header, without the brackets of an IPv6 address.
    ///
    /// Returns `None` on a server, where it would be a value that clients choose;
    /// [`requested_host`](Self::requested_host) returns it all the same.
    pub fn server_address(self) -> Option<&'a str> {
        let (host, _) = self.server()?;
        Some(host)
    }

    /// Returns `server.port` of a client's request. Defaults to the port of the scheme, 80 or 443.
    ///
    /// Returns `None` wherever [`server_address`](Self::server_address) does.
    pub fn server_port(self) -> Option<u16> {
        let (_, port) = self.server()?;
        Some(port.unwrap_or(self.scheme().default_port()))
    }

    /// Returns `server.address` and `server.port` of a client's request, to be kept after the
    /// request is gone. Copies no text.
    pub fn to_server_address(self) -> Option<ServerAddress> {
        self.server()?;
        ServerAddress::new(self.head, self.scheme().default_port())
    }

    /// Returns the host and the explicit port that the request names, on either side.
    ///
    /// For spans and log entries alone: an untrusted client chooses what a server reads here.
    pub fn requested_host(self) -> Option<(&'a str, Option<u16>)> {
        host_and_port(self.head)
    }

    fn server(self) -> Option<(&'a str, Option<u16>)> {
        match self.side {
            Side::Server => None,
            Side::Client => self.requested_host(),
        }
    }

    /// Returns the target of the request as the client sent it.
    ///
    /// On a server it is the one before axum's `Router::nest` took a prefix off its path (feature
    /// `original-uri`). On a client it is the target of the request itself, also if the request was
    /// received by the service before and is forwarded.
    #[inline]
    pub fn uri(self) -> &'a Uri {
        match self.side {
            Side::Server => self.head.original_uri(),
            Side::Client => self.head.uri,
        }
    }

    /// Returns `url.path`, as [`path`](Self::path), unless [`RequestOptions::with_hidden_paths`] hides it.
    #[inline]
    pub fn reported_path(self) -> Option<&'a str> {
        (!self.options.hides_paths()).then(|| self.path())
    }

    /// Returns the path of [`uri`](Self::uri), truncated to [`MAX_PATH_BYTES`]. Signals report
    /// [`reported_path`](Self::reported_path).
    #[inline]
    pub fn path(self) -> &'a str {
        truncate_str(self.uri().path(), MAX_PATH_BYTES)
    }

    /// Returns `url.query` with its secrets redacted, if [`RequestOptions::with_query`] enables it.
    #[inline]
    pub fn query(self) -> Option<RedactedQuery<'a>> {
        let (redaction, query) = (self.options.query()?, self.uri().query()?);
        Some(redaction.redact(query))
    }

    /// Returns `url.full` without credentials, with the path that [`reported_path`](Self::reported_path)
    /// returns and the query that [`query`](Self::query) returns.
    #[inline]
    pub fn url(self) -> RedactedUrl<'a> {
        let url = RedactedUrl::new(self.uri(), self.options.query());
        match self.options.hides_paths() {
            true => url.without_path(),
            false => url,
        }
    }

    /// Returns `network.protocol.version`, as the request states it. A client learns the version
    /// that was negotiated from the response.
    #[inline]
    pub fn protocol_version(self) -> Option<ProtocolVersion> {
        ProtocolVersion::from_http(self.head.version)
    }

    /// Returns `http.route` or `url.template`: a template and never a path, truncated to 256 bytes.
    ///
    /// It is what the function of [`RequestOptions::with_route`] returns. Otherwise a server reads the [`Route`]
    /// of the request, a client its [`UrlTemplate`].
    #[inline]
    pub fn route(self) -> Option<&'a str> {
        Some(truncate_str(self.untruncated_route()?, MAX_ROUTE_BYTES))
    }

    /// Returns the route as it is, for metrics, where one that is too long has to overflow.
    //
    // Not cached: reading the cache would cost as much as the look-up.
    #[inline]
    pub fn untruncated_route(self) -> Option<&'a str> {
        self.options.route(self.head, self.side)
    }

    /// Returns the route, to be kept after the request is gone. Does not truncate it. Copies no text, unless it is
    /// that of a function ([`RequestOptions::with_route`]).
    #[inline]
    pub fn to_route(self) -> Option<Route> {
        if let Some(own) = self.options.own_route(self.head) {
            return Some(Route::from_arc(own));
        }
        match self.side {
            Side::Server => Route::to_owned(self.head),
            Side::Client => UrlTemplate::from_request(self.head)
                .map(UrlTemplate::as_route)
                .cloned(),
        }
    }

    /// Returns the service of a gRPC request: `package.Service`, as sent.
    pub fn rpc_service(self) -> Option<&'a str> {
        let (service, _) = self.rpc_method_original().rsplit_once('/')?;
        (!service.is_empty()).then_some(service)
    }

    /// Returns the method of a gRPC request as sent: `package.Service/Method`, truncated to 256
    /// bytes. On a server an untrusted client chooses it.
    #[inline]
    pub fn rpc_method_original(self) -> &'a str {
        let path = self.head.uri.path();
        truncate_str(path.strip_prefix('/').unwrap_or(path), RpcMethod::MAX_BYTES)
    }

    /// Returns `rpc.method` as it is known when the call begins. [`RpcMethod`] keeps it to the end.
    #[inline]
    pub fn rpc_method(self) -> RpcMethodName<'a> {
        RpcMethodName::at_start(self)
    }

    /// Returns `client.address` of a server's request: the address behind the trusted proxies, or
    /// without any ([`RequestOptions::with_trusted_proxies`]) that of the peer.
    pub fn client_address(self) -> Option<IpAddr> {
        if self.side == Side::Client {
            return None;
        }
        let Some(proxies) = self.options.trusted_proxies() else {
            return PeerAddr::from_request(self.head).map(|peer| peer.ip().to_canonical());
        };
        let derive = || proxies.client_ip(self.head);
        match self.head.cache {
            Some(cache) => cache.client_address(self.options.identity(), derive),
            None => derive(),
        }
    }

    /// Returns `network.peer.address` and `network.peer.port` of a server's request, if the server
    /// provides them ([`PeerAddr`]).
    pub fn peer_address(self) -> Option<SocketAddr> {
        match self.side {
            Side::Server => PeerAddr::from_request(self.head),
            Side::Client => None,
        }
    }

    /// Returns `user_agent.original`, truncated to 256 bytes. Defaults to reported on a server and
    /// not on a client ([`RequestOptions::with_user_agent`]).
    pub fn user_agent(self) -> Option<&'a str> {
        let text = ascii(self.user_agent_header()?)?;
        Some(truncate_str(text, MAX_HEADER_VALUE_BYTES))
    }

    /// Returns the header that [`user_agent`](Self::user_agent) reads, if it is reported, to be kept after the request
    /// is gone. It may not be a text.
    pub fn user_agent_header(self) -> Option<&'a HeaderValue> {
        let is_default = self.side == Side::Server;
        match self.options.user_agent().unwrap_or(is_default) {
            true => self.head.headers.get(header::USER_AGENT),
            false => None,
        }
    }
}

impl fmt::Debug for RequestAttributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestAttributes")
            .field("side", &self.side)
            .field("method", &self.method())
            .finish_non_exhaustive()
    }
}
