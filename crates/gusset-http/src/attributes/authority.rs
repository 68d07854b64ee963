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
        None => req.headers.get(HOST)?.to_str().ok()?,
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

/// The bytes that delimit the parts of an authority.
static IS_DELIMITER: [bool; 256] = {
    let mut is_delimiter = [false; 256];
    is_delimiter[b'@' as usize] = true;
    is_delimiter[b':' as usize] = true;
    is_delimiter[b']' as usize] = true;
    is_delimiter
};

/// Returns where the host begins and ends, and the port. Drops credentials.
fn split(text: &str) -> (usize, usize, Option<u16>) {
    // Most authorities are a bare host. The fold finds that out without a branch for each byte.
    let bytes = text.as_bytes().iter();
    if !bytes.fold(false, |any, &byte| any | IS_DELIMITER[usize::from(byte)]) {
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
            Text::Header(value) => value.to_str().unwrap_or_default(),
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
