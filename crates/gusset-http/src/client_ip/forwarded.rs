//! What proxies said of their callers.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses in `Forwarded`, else in `X-Forwarded-For`, the last one added first; `None` for what
/// is no address.
pub(super) fn from_the_right(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let is_standard = headers.contains_key(FORWARDED);
    let name = if is_standard {
        &FORWARDED
    } else {
        &X_FORWARDED_FOR
    };
    let lines = headers.get_all(name).iter().rev();
    let elements = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    elements.map(move |element| match element.trim() {
        element if is_standard => of_forwarded(element),
        element => of_node(element),
    })
}

/// The `for` of an element, `for="[2001:db8::1]:80";proto=https` (RFC 7239).
fn of_forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case("for"))?;
    of_node(node.trim())
}

/// An address with or without quotes, brackets and a port.
fn of_node(node: &str) -> Option<IpAddr> {
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

    fn of(lines: &[(&'static str, &'static str)], proxies: usize) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let address = from_the_right(&headers).nth(proxies - 1)?;
        address.map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_counted_from_the_right_over_all_lines() {
        let lines = [
            ("x-forwarded-for", "6.6.6.6, 1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"),
        ];
        assert_eq!(of(&lines, 1).as_deref(), Some("2.2.2.2"));
        assert_eq!(of(&lines, 2).as_deref(), Some("1.1.1.1"));
        assert_eq!(of(&lines, 3).as_deref(), Some("6.6.6.6"));
        assert_eq!(of(&lines, 4), None);
        assert_eq!(of(&[], 1), None);
    }

    #[test]
    fn forwarded_is_read_first_with_its_quotes_and_ports() {
        let lines = [
            ("x-forwarded-for", "6.6.6.6"),
            (
                "forwarded",
                "for=1.1.1.1;by=x, proto=https; FOR=\"[2001:db8::1]:4711\"",
            ),
        ];
        assert_eq!(of(&lines, 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&lines, 2).as_deref(), Some("1.1.1.1"));
    }

    #[test]
    fn what_is_no_address_is_none() {
        for value in [
            "",
            "unknown",
            "_hidden",
            "a.example",
            "1.1.1",
            "1.1.1.1:x",
            "<script>",
        ] {
            assert_eq!(of(&[("x-forwarded-for", value)], 1), None, "{value}");
        }
        assert_eq!(
            of(&[("x-forwarded-for", "1.1.1.1:80")], 1).as_deref(),
            Some("1.1.1.1")
        );
        assert_eq!(
            of(&[("x-forwarded-for", "[::1]")], 1).as_deref(),
            Some("::1")
        );
        assert_eq!(of(&[("forwarded", "by=1.1.1.1")], 1), None);
    }
}
