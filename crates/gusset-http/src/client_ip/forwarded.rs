//! The addresses that proxies report of their clients.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the nodes in `Forwarded`, or else in `X-Forwarded-For`, the last one added first. A node
/// that is not an address is `None`.
pub(super) fn nodes_from_the_right(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let is_standard = headers.contains_key(FORWARDED);
    let name = if is_standard {
        &FORWARDED
    } else {
        &X_FORWARDED_FOR
    };
    let values = headers.get_all(name).iter().rev();
    let elements = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    elements.map(move |element| match element.trim() {
        element if is_standard => parse_forwarded(element),
        element => parse_node(element),
    })
}

/// Parses the `for` of an element, `for="[2001:db8::1]:80";proto=https` (RFC 7239).
fn parse_forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case("for"))?;
    parse_node(node.trim())
}

/// Parses an address with or without quotes, brackets and a port.
fn parse_node(node: &str) -> Option<IpAddr> {
    let node = node.trim_matches('"');
    let bare = node
        .strip_prefix('[')
        .and_then(|node| node.strip_suffix(']'));
    let with_port = || node.parse().ok().map(|socket: SocketAddr| socket.ip());
    let address: Option<IpAddr> = bare.unwrap_or(node).parse().ok().or_else(with_port);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn node(fields: &[(&'static str, &'static str)], hops: usize) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let address = nodes_from_the_right(&headers).nth(hops - 1)?;
        address.map(|address| address.to_string())
    }

    #[test]
    fn nodes_are_counted_across_repeated_headers() {
        let fields = [
            ("x-forwarded-for", "6.6.6.6, 1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
        ];
        assert_eq!(node(&fields, 1).as_deref(), Some("2.2.2.2"));
        assert_eq!(node(&fields, 2).as_deref(), Some("1.1.1.1"));
        assert_eq!(node(&fields, 3).as_deref(), Some("6.6.6.6"));
        assert_eq!(node(&fields, 4), None);
        assert_eq!(node(&[], 1), None);
    }

    #[test]
    fn forwarded_header_has_precedence() {
        let fields = [
            ("x-forwarded-for", "6.6.6.6"),
            (
                "forwarded",
                "for=1.1.1.1;by=x, proto=https; FOR=\"[2001:db8::1]:4711\"",
            ),
        ];
        assert_eq!(node(&fields, 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(node(&fields, 2).as_deref(), Some("1.1.1.1"));
    }

    #[test]
    fn node_without_an_address_is_none() {
        for value in [
            "",
            "unknown",
            "_hidden",
            "a.example",
            "1.1.1",
            "1.1.1.1:x",
            "<script>",
        ] {
            assert_eq!(node(&[("x-forwarded-for", value)], 1), None, "{value}");
        }
        assert_eq!(
            node(&[("x-forwarded-for", "1.1.1.1:80")], 1).as_deref(),
            Some("1.1.1.1")
        );
        assert_eq!(
            node(&[("x-forwarded-for", "[::1]")], 1).as_deref(),
            Some("::1")
        );
        assert_eq!(node(&[("forwarded", "by=1.1.1.1")], 1), None);
    }
}
