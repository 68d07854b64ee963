//! Parts of a request in the form in which they are logged.

use std::fmt::{self, Write as _};
use std::time::Duration;

use gusset_http::{QueryRedaction, truncate_str};
use http::{HeaderValue, Uri, Version};

/// Longer paths are cut.
pub(super) const MAX_PATH_BYTES: usize = 1024;
/// Longer route templates and RPC methods are cut.
pub(super) const MAX_ROUTE_BYTES: usize = 256;
/// Longer unknown methods are cut.
pub(super) const MAX_METHOD_BYTES: usize = 32;
/// Longer header values are cut.
const MAX_HEADER_BYTES: usize = 256;
/// Longer host names are cut; DNS allows no longer ones.
const MAX_HOST_BYTES: usize = 255;

/// The message of an access log entry: `GET /items/{id} 200`.
#[derive(Clone, Copy)]
pub(super) struct Summary<'a> {
    pub(super) method: &'a str,
    /// The route, else the path.
    pub(super) target: &'a str,
    /// The status, else the outcome.
    pub(super) result: &'a str,
}

/// The URL of a client's request, without credentials. The query is omitted unless it is redacted.
#[derive(Clone, Copy)]
pub(super) struct Url<'a> {
    pub(super) uri: &'a Uri,
    pub(super) redaction: Option<&'a QueryRedaction>,
}

/// A header value in which bytes that are not UTF-8 are replaced.
#[derive(Clone, Copy)]
pub(super) struct LossyHeader<'a>(&'a [u8]);

#[inline]
pub(super) fn header(value: Option<&HeaderValue>) -> Option<LossyHeader<'_>> {
    value.map(|value| LossyHeader(value.as_bytes()))
}

/// Returns a `Referer` without its query, which may contain secrets.
#[inline]
pub(super) fn without_query(value: Option<&HeaderValue>) -> Option<LossyHeader<'_>> {
    let value = value?.as_bytes();
    let end = value.iter().position(|byte| matches!(byte, b'?' | b'#'));
    Some(LossyHeader(&value[..end.unwrap_or(value.len())]))
}

/// Splits an authority into host, without brackets, and port. Credentials before `@` are dropped.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        // A colon inside brackets is part of an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    (truncate_str(host, MAX_HOST_BYTES), port)
}

#[inline]
pub(super) fn version_str(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Returns a duration in nanoseconds: 584 years fit.
#[inline]
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())
}

/// Returns a duration in seconds. It is one division, so that the digits are those of the nanoseconds.
pub(super) fn seconds(time: Duration) -> f64 {
    nanos(time) as f64 / 1e9
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            target,
            result,
        } = self;
        write!(f, "{method} {target} {result}")
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, redaction } = self;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{}://", truncate_str(scheme, 16))?;
        }
        if let Some(authority) = uri.authority() {
            if authority.as_str().contains('@') {
                f.write_str("REDACTED:REDACTED@")?;
            }
            f.write_str(truncate_str(authority.host(), MAX_HOST_BYTES))?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(truncate_str(uri.path(), MAX_PATH_BYTES))?;
        match (uri.query(), redaction) {
            (Some(query), Some(redaction)) => write!(f, "?{}", redaction.redact(query)),
            _ => Ok(()),
        }
    }
}

// === impl LossyHeader ===

impl LossyHeader<'_> {
    pub(super) fn to_text(self) -> String {
        match std::str::from_utf8(self.0) {
            Ok(text) => truncate_str(text, MAX_HEADER_BYTES).to_owned(),
            Err(_) => self.to_string(),
        }
    }
}

impl fmt::Display for LossyHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = MAX_HEADER_BYTES;
        for chunk in self.0.utf8_chunks() {
            let valid = truncate_str(chunk.valid(), left);
            f.write_str(valid)?;
            left -= valid.len();
            // The replacement character has three bytes.
            if !chunk.invalid().is_empty() && left >= 3 {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
                left -= 3;
            }
        }
        Ok(())
    }
}
