//! Parts of a request as they are shown.

use std::fmt::{self, Write as _};

use gusset_http::{QueryRedaction, capped};
use http::{HeaderValue, Uri, Version};

/// No path is shown longer.
pub(super) const PATH: usize = 1024;
const HEADER: usize = 256;

/// What a line says in one glance: `GET /items/{id} 200`.
#[derive(Clone, Copy)]
pub(super) struct Summary<'a> {
    pub(super) method: &'a str,
    /// The route, else the path.
    pub(super) place: &'a str,
    /// The status, else what became of the call.
    pub(super) end: &'a str,
}

/// The whole of a client's target: without credentials, and with its query only if there is somebody to
/// redact it.
#[derive(Clone, Copy)]
pub(super) struct Url<'a> {
    pub(super) uri: &'a Uri,
    pub(super) redaction: Option<&'a QueryRedaction>,
}

/// A header's value: bytes that are no UTF-8 are replaced.
#[derive(Clone, Copy)]
pub(super) struct Lossy<'a>(&'a [u8]);

#[inline]
pub(super) fn header(value: Option<&HeaderValue>) -> Option<Lossy<'_>> {
    value.map(|value| Lossy(value.as_bytes()))
}

/// A page without its query, in which secrets are.
#[inline]
pub(super) fn page(value: Option<&HeaderValue>) -> Option<Lossy<'_>> {
    let value = value?.as_bytes();
    let end = value.iter().position(|byte| matches!(byte, b'?' | b'#'));
    Some(Lossy(&value[..end.unwrap_or(value.len())]))
}

/// Host, without brackets, and port; what stands before an `@` is left out.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match place.rsplit_once(':') {
        // A colon inside brackets parts nothing.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (place, None),
    };
    let host = host.strip_prefix('[').unwrap_or(host);
    (capped(host.strip_suffix(']').unwrap_or(host), 255), port)
}

#[inline]
pub(super) fn version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, place, end } = self;
        write!(f, "{method} {place} {end}")
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, redaction } = self;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{}://", capped(scheme, 16))?;
        }
        if let Some(authority) = uri.authority() {
            if authority.as_str().contains('@') {
                f.write_str("REDACTED:REDACTED@")?;
            }
            f.write_str(capped(authority.host(), 255))?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(capped(uri.path(), PATH))?;
        match (uri.query(), redaction) {
            (Some(query), Some(redaction)) => write!(f, "?{}", redaction.redact(query)),
            _ => Ok(()),
        }
    }
}

// === impl Lossy ===

impl Lossy<'_> {
    pub(super) fn to_text(self) -> String {
        match std::str::from_utf8(self.0) {
            Ok(text) => capped(text, HEADER).to_owned(),
            Err(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = HEADER;
        for chunk in self.0.utf8_chunks() {
            let valid = capped(chunk.valid(), left);
            f.write_str(valid)?;
            left -= valid.len();
            if !chunk.invalid().is_empty() && left >= 3 {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
                left -= 3;
            }
        }
        Ok(())
    }
}
