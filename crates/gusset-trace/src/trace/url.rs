//! URLs without secrets.

use std::fmt;

use gusset_http::{QueryRedaction, truncate_str};
use http::Uri;

const REDACTED: &str = "REDACTED";

const MAX_PATH_BYTES: usize = 1024;
const MAX_HOST_BYTES: usize = 255;
const MAX_SCHEME_BYTES: usize = 16;

/// The URL of a client request, without credentials. Its query is shown only with a redaction.
pub(super) struct Url<'a> {
    pub(super) uri: &'a Uri,
    pub(super) redaction: Option<&'a QueryRedaction>,
}

/// Returns the path, truncated.
pub(super) fn path(uri: &Uri) -> &str {
    truncate_str(uri.path(), MAX_PATH_BYTES)
}

/// Whether a byte separates the parts of an authority.
static IS_SEPARATOR: [bool; 256] = {
    let mut is_separator = [false; 256];
    is_separator[b'@' as usize] = true;
    is_separator[b':' as usize] = true;
    is_separator[b']' as usize] = true;
    is_separator
};

/// Splits `host`, `host:port` or `[v6]:port`, with or without credentials before it.
///
/// The host is returned without brackets.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    // Most authorities have no separator, and this test has no branch per byte.
    let bytes = authority.as_bytes().iter();
    if !bytes.fold(false, |any, &byte| any | IS_SEPARATOR[usize::from(byte)]) {
        return (truncate_str(authority, MAX_HOST_BYTES), None);
    }
    let (mut start, mut colon) = (0, None);
    for (at, byte) in authority.bytes().enumerate() {
        match byte {
            b'@' => (start, colon) = (at + 1, None),
            b':' => colon = Some(at),
            // A colon inside of brackets is part of the host.
            b']' => colon = None,
            _ => {}
        }
    }
    let (host, port) = match colon {
        Some(at) => (&authority[start..at], authority[at + 1..].parse().ok()),
        None => (&authority[start..], None),
    };
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    (truncate_str(host, MAX_HOST_BYTES), port)
}

// === impl Url ===

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, redaction } = self;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{}://", truncate_str(scheme, MAX_SCHEME_BYTES))?;
        }
        if let Some(authority) = uri.authority() {
            if authority.as_str().contains('@') {
                write!(f, "{REDACTED}:{REDACTED}@")?;
            }
            f.write_str(truncate_str(authority.host(), MAX_HOST_BYTES))?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(path(uri))?;
        match (uri.query(), redaction) {
            (Some(query), Some(redaction)) => write!(f, "?{}", redaction.redact(query)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_query_are_hidden() {
        let uri: Uri = "https://me:secret@a.example:8443/p?token=t&q=1"
            .parse()
            .unwrap();
        let shown = |redaction| {
            let uri = &uri;
            Url { uri, redaction }.to_string()
        };
        let bare = shown(None);
        assert_eq!(bare, "https://REDACTED:REDACTED@a.example:8443/p");
        let mut redaction = QueryRedaction::default();
        redaction.add("token");
        assert_eq!(
            shown(Some(&redaction)),
            format!("{bare}?token=REDACTED&q=1")
        );
    }

    #[test]
    fn authority_is_split() {
        assert_eq!(host_and_port("a.example"), ("a.example", None));
        assert_eq!(host_and_port("a.example:80"), ("a.example", Some(80)));
        assert_eq!(
            host_and_port("me:pass@a.example:80"),
            ("a.example", Some(80))
        );
        assert_eq!(host_and_port("[::1]"), ("::1", None));
        assert_eq!(host_and_port("[::1]:80"), ("::1", Some(80)));
        assert_eq!(host_and_port("a:nonsense"), ("a", None));
    }
}
