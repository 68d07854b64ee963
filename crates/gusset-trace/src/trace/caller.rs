//! Who called, behind proxies that are trusted.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that the outermost of so many trusted proxies was called from: in `Forwarded`, else in
/// `X-Forwarded-For`.
///
/// Each proxy adds an address at the right, so it is counted from there; what stands further left is
/// the caller's word. `None` if there are too few, or if it is no address.
pub(super) fn address(headers: &HeaderMap, proxies: NonZeroUsize) -> Option<IpAddr> {
    if headers.contains_key(FORWARDED) {
        nth_from_the_right(headers, &FORWARDED, proxies).and_then(of_forwarded)
    } else {
        nth_from_the_right(headers, &X_FORWARDED_FOR, proxies).and_then(of_node)
    }
}

fn nth_from_the_right<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    nth: NonZeroUsize,
) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter().rev();
    let mut before = nth.get() - 1;
    lines.find_map(|line| {
        for element in line.to_str().unwrap_or_default().rsplit(',') {
            if before == 0 {
                return Some(element.trim());
            }
            before -= 1;
        }
        None
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
    bare.unwrap_or(node).parse().ok().or_else(with_port)
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
        let proxies = NonZeroUsize::new(proxies).unwrap();
        address(&headers, proxies).map(|address| address.to_string())
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
