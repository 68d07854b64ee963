//! The client's address, behind trusted proxies.

mod forwarded;
mod peer;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use ipnet::IpNet;

pub use self::peer::PeerAddr;
use crate::RequestHead;

/// The proxies in front of a server that report the client's address truthfully.
///
/// Each proxy appends the address of its own client to `Forwarded`, or to `X-Forwarded-For` if there
/// is no `Forwarded`. What stands to the left of the trusted proxies' entries can be forged, and is
/// ignored.
///
/// ```
/// use gusset_http::{PeerAddr, RequestHead, TrustedProxies};
/// use std::num::NonZeroUsize;
///
/// let mut request = http::Request::new(());
/// let forged = http::HeaderValue::from_static("203.0.113.9, 198.51.100.1, 10.0.0.2");
/// request.headers_mut().insert("x-forwarded-for", forged);
///
/// // Two proxies, whatever their addresses.
/// let two = TrustedProxies::hops(NonZeroUsize::new(2).expect("not zero"));
/// let client = two.client_ip(RequestHead::from(&request)).expect("two entries");
/// assert_eq!(client.to_string(), "198.51.100.1");
///
/// // All proxies in private networks. The connection has to come from one of them.
/// let private = TrustedProxies::cidrs(["10.0.0.0/8", "fd00::/8"])?;
/// assert_eq!(private.client_ip(RequestHead::from(&request)), None);
/// request.extensions_mut().insert(PeerAddr(([10, 0, 0, 1], 80).into()));
/// assert_eq!(private.client_ip(RequestHead::from(&request)), Some(client));
/// # Ok::<_, gusset_http::TrustedProxiesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrustedProxies(Trust);

#[derive(Clone, Debug)]
enum Trust {
    Hops(NonZeroUsize),
    Cidrs(Arc<[IpNet]>),
}

/// A text that is not an address range.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustedProxiesError {
    text: String,
}

// === impl TrustedProxies ===

impl TrustedProxies {
    /// Trusts a fixed number of proxies in a row. The client is the one that the outermost proxy
    /// reports.
    pub const fn hops(count: NonZeroUsize) -> Self {
        Self(Trust::Hops(count))
    }

    /// Trusts the proxies in these ranges: `10.0.0.0/8`, or a single address. The client is the
    /// first from the right that is in none of them.
    ///
    /// Needs the address of the peer ([`PeerAddr`]). A peer outside all ranges is the client itself.
    /// Without the peer's address there is no client address.
    ///
    /// # Errors
    /// If a text is not an address range. The error contains the text.
    pub fn cidrs<I>(ranges: I) -> Result<Self, TrustedProxiesError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let ranges: Result<_, _> = ranges
            .into_iter()
            .map(|text| parse_cidr(text.as_ref()))
            .collect();
        ranges.map(|ranges| Self(Trust::Cidrs(ranges)))
    }

    /// Returns the client's address, or `None` if the trusted proxies do not report it. Allocates
    /// nothing.
    pub fn client_ip(&self, req: RequestHead<'_>) -> Option<IpAddr> {
        match &self.0 {
            Trust::Hops(count) => {
                let mut nodes = forwarded::nodes_from_the_right(req.headers);
                nodes.nth(count.get() - 1).flatten()
            }
            Trust::Cidrs(ranges) => {
                let is_trusted =
                    |address: &IpAddr| ranges.iter().any(|range| range.contains(address));
                let mut outermost = PeerAddr::from_request(req)?.ip().to_canonical();
                for node in forwarded::nodes_from_the_right(req.headers) {
                    if !is_trusted(&outermost) {
                        break;
                    }
                    // A trusted proxy that hides its client hides what is behind it too.
                    outermost = node?;
                }
                Some(outermost)
            }
        }
    }

    /// Returns whether a trusted proxy sent the request. Allocates nothing.
    ///
    /// Trusted by range, the peer's address ([`PeerAddr`]) decides; without it, the answer is no.
    /// Trusted by number, the request has to have the entries of that many proxies.
    ///
    /// ```
    /// use gusset_http::{PeerAddr, RequestHead, TrustedProxies};
    ///
    /// let private = TrustedProxies::cidrs(["10.0.0.0/8"])?;
    /// let mut request = http::Request::new(());
    /// assert!(!private.sent(RequestHead::from(&request)));
    /// request.extensions_mut().insert(PeerAddr(([10, 0, 0, 1], 80).into()));
    /// assert!(private.sent(RequestHead::from(&request)));
    /// # Ok::<_, gusset_http::TrustedProxiesError>(())
    /// ```
    pub fn sent(&self, req: RequestHead<'_>) -> bool {
        match &self.0 {
            Trust::Hops(count) => {
                let mut nodes = forwarded::nodes_from_the_right(req.headers);
                nodes.nth(count.get() - 1).is_some()
            }
            Trust::Cidrs(ranges) => PeerAddr::from_request(req).is_some_and(|peer| {
                let peer = peer.ip().to_canonical();
                ranges.iter().any(|range| range.contains(&peer))
            }),
        }
    }
}

/// Parses `10.0.0.0/8`, or a single address.
fn parse_cidr(text: &str) -> Result<IpNet, TrustedProxiesError> {
    let address = || text.trim().parse::<IpAddr>().map(IpNet::from);
    let range = text.trim().parse().or_else(|_| address());
    range.map_err(|_| TrustedProxiesError {
        text: text.to_owned(),
    })
}

// === impl TrustedProxiesError ===

impl fmt::Display for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        write!(f, "`{text}` is not an address range such as `10.0.0.0/8`")
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TrustedProxiesError {}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Request};

    fn client_ip(
        proxies: &TrustedProxies,
        peer: Option<&str>,
        header: &'static str,
    ) -> Option<String> {
        let mut req = Request::new(());
        let value = HeaderValue::from_static(header);
        req.headers_mut().insert("x-forwarded-for", value);
        if let Some(peer) = peer {
            req.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        }
        let client = proxies.client_ip(RequestHead::from(&req))?;
        Some(client.to_string())
    }

    #[test]
    fn client_is_first_address_outside_all_ranges() {
        let private = TrustedProxies::cidrs(["10.0.0.0/8", "fd00::/8"]).unwrap();
        let proxy = Some("10.0.0.1:80");
        let cases = [
            (proxy, "6.6.6.6, 1.1.1.1, 10.0.0.2", Some("1.1.1.1")),
            (
                Some("[::ffff:10.0.0.1]:80"),
                "1.1.1.1, ::ffff:10.0.0.2",
                Some("1.1.1.1"),
            ),
            (proxy, "10.0.0.3, 10.0.0.2", Some("10.0.0.3")),
            (proxy, "1.1.1.1, unknown, 10.0.0.2", None),
            (Some("9.9.9.9:80"), "1.1.1.1, 10.0.0.2", Some("9.9.9.9")),
            (None, "1.1.1.1, 10.0.0.2", None),
        ];
        for (peer, header, client) in cases {
            assert_eq!(
                client_ip(&private, peer, header).as_deref(),
                client,
                "{peer:?} {header}"
            );
        }
    }

    #[test]
    fn request_of_a_trusted_proxy_is_recognised() {
        let sent = |proxies: &TrustedProxies, peer: &str, header: Option<&'static str>| {
            let mut req = Request::new(());
            if let Some(value) = header.map(HeaderValue::from_static) {
                req.headers_mut().insert("x-forwarded-for", value);
            }
            req.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
            proxies.sent(RequestHead::from(&req))
        };
        let private = TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
        assert!(sent(&private, "10.0.0.1:80", None));
        assert!(sent(&private, "[::ffff:10.0.0.1]:80", None));
        assert!(!sent(&private, "9.9.9.9:80", Some("10.0.0.1")));
        let two = TrustedProxies::hops(NonZeroUsize::new(2).unwrap());
        assert!(sent(&two, "9.9.9.9:80", Some("1.1.1.1, 10.0.0.1")));
        assert!(sent(&two, "9.9.9.9:80", Some("unknown, 10.0.0.1")));
        assert!(!sent(&two, "9.9.9.9:80", Some("10.0.0.1")));
        assert!(!sent(&two, "9.9.9.9:80", None));
    }

    #[test]
    fn trusted_peer_without_a_header_is_the_client() {
        let private = TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
        let mut req = Request::new(());
        let peer = PeerAddr(([10, 0, 0, 1], 80).into());
        req.extensions_mut().insert(peer);
        assert_eq!(
            private.client_ip(RequestHead::from(&req)),
            Some(peer.0.ip())
        );
    }

    #[test]
    fn range_contains_addresses_with_its_prefix() {
        let contains = |range: &str, address: &str| {
            let address: IpAddr = address.parse().unwrap();
            parse_cidr(range).unwrap().contains(&address)
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("10.1.2.3/8", "10.9.9.9"));
        assert!(contains("0.0.0.0/0", "255.1.1.1") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("1.2.3.4", "1.2.3.4") && !contains("1.2.3.4", "1.2.3.5"));
        assert!(contains(" 10.0.0.0/8 ", "10.9.9.9"));
        assert!(contains("2001:db8::/32", "2001:db8:1::2"));
        assert!(!contains("2001:db8::/32", "2001:db9::"));
        assert!(contains("::/0", "::1") && !contains("::/0", "0.0.0.0"));
    }

    #[test]
    fn invalid_range_is_named() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::/129",
            "10.0/8",
            "a/8",
        ] {
            let error = TrustedProxies::cidrs(["10.0.0.0/8", text]).unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{text}");
        }
    }
}
