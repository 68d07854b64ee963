//! Who called, behind proxies that are trusted.

mod forwarded;
mod peer;
mod range;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

pub use self::peer::PeerAddr;
use self::range::Range;
use crate::RequestHead;

/// The proxies in front of a server whose word on their callers is taken.
///
/// Each proxy adds the address it was called from at the right of `Forwarded` or, where that is not
/// there, of `X-Forwarded-For`. What stands further left than the last trusted proxy's word is the
/// caller's own, and not looked at.
///
/// ```
/// use gusset_http::{PeerAddr, RequestHead, TrustedProxies};
/// use std::num::NonZeroUsize;
///
/// let mut request = http::Request::new(());
/// let forged = http::HeaderValue::from_static("203.0.113.9, 198.51.100.1, 10.0.0.2");
/// request.headers_mut().insert("x-forwarded-for", forged);
///
/// // So many proxies, whoever they are.
/// let two = TrustedProxies::hops(NonZeroUsize::new(2).expect("not zero"));
/// let client = two.client_ip(RequestHead::from(&request)).expect("two have spoken");
/// assert_eq!(client.to_string(), "198.51.100.1");
///
/// // All proxies of the own net; the connection has to come from one of them.
/// let own = TrustedProxies::cidrs(["10.0.0.0/8", "fd00::/8"])?;
/// assert_eq!(own.client_ip(RequestHead::from(&request)), None);
/// request.extensions_mut().insert(PeerAddr(([10, 0, 0, 1], 80).into()));
/// assert_eq!(own.client_ip(RequestHead::from(&request)), Some(client));
/// # Ok::<_, gusset_http::TrustedProxiesError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrustedProxies(Trust);

#[derive(Clone, Debug)]
enum Trust {
    Count(NonZeroUsize),
    Ranges(Arc<[Range]>),
}

/// What is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxiesError {
    text: String,
}

// === impl TrustedProxies ===

impl TrustedProxies {
    /// So many proxies, one behind the other: the caller is who the outermost was called from.
    pub const fn hops(count: NonZeroUsize) -> Self {
        Self(Trust::Count(count))
    }

    /// The proxies whose addresses are in these ranges, `10.0.0.0/8` or a single address: the caller
    /// is the first from the right that is in none.
    ///
    /// The connection's own end ([`PeerAddr`]) has to be known: if it is in no range, it is the caller
    /// itself, and if it is not known, nobody's word is taken.
    ///
    /// # Errors
    /// Names the text that is no range.
    pub fn cidrs<I>(ranges: I) -> Result<Self, TrustedProxiesError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let parse = |text: I::Item| {
            let text = text.as_ref();
            Range::parse(text).ok_or_else(|| TrustedProxiesError {
                text: text.to_owned(),
            })
        };
        let ranges: Result<_, _> = ranges.into_iter().map(parse).collect();
        ranges.map(|ranges| Self(Trust::Ranges(ranges)))
    }

    /// Who called; `None` where that cannot be told. Allocates nothing.
    pub fn client_ip(&self, req: RequestHead<'_>) -> Option<IpAddr> {
        match &self.0 {
            Trust::Count(count) => {
                let mut nodes = forwarded::from_the_right(req.headers);
                nodes.nth(count.get() - 1).flatten()
            }
            Trust::Ranges(ranges) => {
                let is_trusted = |address: &IpAddr| ranges.iter().any(|range| range.has(*address));
                let mut outermost = PeerAddr::of(req)?.ip().to_canonical();
                for node in forwarded::from_the_right(req.headers) {
                    if !is_trusted(&outermost) {
                        break;
                    }
                    // A trusted proxy that hides its caller hides whoever is behind it.
                    outermost = node?;
                }
                Some(outermost)
            }
        }
    }
}

// === impl TrustedProxiesError ===

impl fmt::Display for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        write!(f, "`{text}` is no range of addresses such as `10.0.0.0/8`")
    }
}

impl std::error::Error for TrustedProxiesError {}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Request};

    fn of(proxies: &TrustedProxies, peer: Option<&str>, header: &'static str) -> Option<String> {
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
    fn the_first_from_the_right_that_is_in_no_range_is_the_caller() {
        let own = TrustedProxies::cidrs(["10.0.0.0/8", "fd00::/8"]).unwrap();
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
                of(&own, peer, header).as_deref(),
                client,
                "{peer:?} {header}"
            );
        }
    }

    #[test]
    fn without_a_header_a_trusted_proxy_itself_called() {
        let own = TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap();
        let mut req = Request::new(());
        let peer = PeerAddr(([10, 0, 0, 1], 80).into());
        req.extensions_mut().insert(peer);
        assert_eq!(own.client_ip(RequestHead::from(&req)), Some(peer.0.ip()));
    }

    #[test]
    fn a_range_that_is_none_is_named() {
        let error = TrustedProxies::cidrs(["10.0.0.0/8", "10.0.0.0/80"]).unwrap_err();
        assert!(error.to_string().contains("10.0.0.0/80"));
    }
}
