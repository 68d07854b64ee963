//! `server.address` and `server.port`.

use std::fmt;

use http::HeaderValue;
use http::header::HOST;

use crate::{RequestHead, truncate_str};

/// The longest host that is reported, in bytes: that of a DNS name.
pub(super) const MAX_HOST_BYTES: usize = 255;

/// Where the host is in the text of an authority, and its explicit port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    /// Not empty, and without the brackets of an IPv6 address.
    start: usize,
    end: usize,
    /// Not zero.
    port: Option<u16>,
}

/// The server that a client's request is sent to, kept after the request is gone.
#[derive(Clone)]
pub struct ServerAddress {
    text: Text,
    host: HostPort,
    port: u16,
}

/// The text that the host is part of, shared with the request.
#[derive(Clone)]
enum Text {
    Target(http::uri::Authority),
    Header(HeaderValue),
}

/// Returns the host and the explicit port that the target names, else those of the `Host` header.
pub(super) fn host_and_port(req: RequestHead<'_>) -> Option<(&str, Option<u16>)> {
    let (text, host) = locate(req)?;
    Some((host.host(text), host.port))
}

/// Returns an authority, and where its host is.
fn locate(req: RequestHead<'_>) -> Option<(&str, HostPort)> {
    let text = match req.uri.authority() {
        Some(authority) => authority.as_str(),
        None => ascii(req.headers.get(HOST)?)?,
    };
    let host = match req.cache {
        Some(cache) => cache.host_port(|| HostPort::parse(text)),
        None => HostPort::parse(text),
    };
    Some((text, host?))
}

// === impl HostPort ===

impl HostPort {
    /// Parses `host`, `host:port` or `[v6]:port`, with or without credentials in front.
    fn parse(text: &str) -> Option<Self> {
        let (mut start, mut end, port) = split(text);
        if text[start..end].starts_with('[') {
            start += 1;
        }
        if text[start..end].ends_with(']') {
            end -= 1;
        }
        end = start + truncate_str(&text[start..end], MAX_HOST_BYTES).len();
        (start < end).then_some(Self { start, end, port })
    }

    #[inline]
    fn host(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Returns a header value as text. The same as [`HeaderValue::to_str`], because a header value has no
/// control character but tab, and many bytes at a time.
pub(super) fn ascii(value: &HeaderValue) -> Option<&str> {
    let text = std::str::from_utf8(value.as_bytes()).ok()?;
    text.is_ascii().then_some(text)
}

/// Returns whether a text has a byte that delimits the parts of an authority: `@`, `:` or `]`.
///
/// Eight bytes at a time. It may be wrong only in that it returns `true`: a borrow of the subtraction
/// crosses bytes.
fn has_delimiter(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let delimiters = |bytes: &[u8; 8]| {
        let word = u64::from_le_bytes(*bytes);
        let equal = |byte: u8| {
            let difference = word ^ (ONES * u64::from(byte));
            difference.wrapping_sub(ONES) & !difference
        };
        (equal(b'@') | equal(b':') | equal(b']')) & (ONES << 7)
    };
    let Some(last) = text.last_chunk() else {
        return text.iter().any(|byte| matches!(byte, b'@' | b':' | b']'));
    };
    // The last eight bytes, and all others by eights, which may overlap them.
    let mut found = delimiters(last);
    let mut rest = text;
    while let Some((first, after)) = rest.split_first_chunk() {
        found |= delimiters(first);
        rest = after;
    }
    found != 0
}

/// Returns where the host begins and ends, and the port. Drops credentials.
fn split(text: &str) -> (usize, usize, Option<u16>) {
    // Most authorities are a bare host.
    if !has_delimiter(text.as_bytes()) {
        return (0, text.len(), None);
    }
    let (mut start, mut colon) = (0, None);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'@' => (start, colon) = (at + 1, None),
            b':' => colon = Some(at),
            // The colons of an IPv6 address are inside brackets.
            b']' => colon = None,
            _ => {}
        }
    }
    match colon {
        Some(at) => (start, at, parse_port(&text[at + 1..])),
        None => (start, text.len(), None),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    // `parse` would accept a sign too.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = is_number.then(|| text.parse().ok()).flatten();
    port.filter(|port| *port != 0)
}

// === impl ServerAddress ===

impl ServerAddress {
    /// Returns the address of the server. Without an explicit port it is `default_port`.
    pub(super) fn new(req: RequestHead<'_>, default_port: u16) -> Option<Self> {
        let (_, host) = locate(req)?;
        let text = match req.uri.authority() {
            Some(authority) => Text::Target(authority.clone()),
            None => Text::Header(req.headers.get(HOST)?.clone()),
        };
        Some(Self {
            text,
            host,
            port: host.port.unwrap_or(default_port),
        })
    }

    /// Returns `server.address`.
    pub fn address(&self) -> &str {
        let text = match &self.text {
            Text::Target(authority) => authority.as_str(),
            Text::Header(value) => ascii(value).unwrap_or_default(),
        };
        self.host.host(text)
    }

    /// Returns `server.port`. Never zero.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerAddress")
            .field("address", &self.address())
            .field("port", &self.port)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(&str, Option<u16>)> {
        let host = HostPort::parse(text)?;
        Some((host.host(text), host.port))
    }

    #[test]
    fn host_and_port_are_separated() {
        assert_eq!(parse("a.example"), Some(("a.example", None)));
        assert_eq!(parse("a.example:80"), Some(("a.example", Some(80))));
        assert_eq!(parse("me:pass@a.example:80"), Some(("a.example", Some(80))));
        assert_eq!(parse("me:pass@a.example"), Some(("a.example", None)));
        assert_eq!(parse("[::1]"), Some(("::1", None)));
        assert_eq!(parse("[::1]:80"), Some(("::1", Some(80))));
        assert_eq!(parse("me@[::1]:80"), Some(("::1", Some(80))));
    }

    #[test]
    fn delimiters_are_found_in_every_place() {
        for len in 0..40 {
            assert!(!has_delimiter("a".repeat(len).as_bytes()), "{len}");
            for at in 0..len {
                for delimiter in ["@", ":", "]"] {
                    let mut text = "a".repeat(len);
                    text.replace_range(at..at + 1, delimiter);
                    assert!(has_delimiter(text.as_bytes()), "{text}");
                }
            }
        }
    }

    #[test]
    fn header_value_is_text_if_it_is_ascii() {
        for bytes in [
            &b"a.example"[..],
            b"",
            b"a\tb",
            b"gr\xc3\xbcn",
            b"\xff",
            b"~ !",
        ] {
            let value = HeaderValue::from_bytes(bytes).unwrap();
            assert_eq!(ascii(&value), value.to_str().ok(), "{bytes:?}");
        }
    }

    #[test]
    fn unusable_port_is_ignored() {
        for text in ["a:nonsense", "a:0", "a:", "a:65536", "a:+80", "a:-1"] {
            assert_eq!(parse(text), Some(("a", None)), "{text}");
        }
    }

    #[test]
    fn empty_host_is_none() {
        for text in ["", ":80", "me@", "me@:80", "[", "]", "[]", "[]:80"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
