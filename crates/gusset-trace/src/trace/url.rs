//! URLs without what is secret in them.

use std::fmt;

use gusset_http::{QueryRedaction, capped};
use http::Uri;

const REDACTED: &str = "REDACTED";

/// No path is longer on a span.
const LONGEST: usize = 1024;

/// The whole of a client's target: without credentials, and with its query only if there is somebody
/// to redact it.
pub(super) struct Url<'a> {
    pub(super) uri: &'a Uri,
    pub(super) secrets: Option<&'a QueryRedaction>,
}

/// The path, not longer than a span bears.
pub(super) fn path(uri: &Uri) -> &str {
    capped(uri.path(), LONGEST)
}

/// The bytes that part an authority.
static MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    marks[b'@' as usize] = true;
    marks[b':' as usize] = true;
    marks[b']' as usize] = true;
    marks
};

/// Host, without brackets, and port of `host`, `host:port`, `[v6]:port`, and of what has credentials before that.
pub(super) fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    // Most have none: without a branch for each byte.
    let bytes = authority.as_bytes().iter();
    if !bytes.fold(false, |any, &byte| any | MARKS[usize::from(byte)]) {
        return (capped(authority, 255), None);
    }
    let (mut start, mut colon) = (0, None);
    for (at, byte) in authority.bytes().enumerate() {
        match byte {
            b'@' => (start, colon) = (at + 1, None),
            b':' => colon = Some(at),
            // A colon inside brackets parts nothing.
            b']' => colon = None,
            _ => {}
        }
    }
    let (host, port) = match colon {
        Some(at) => (&authority[start..at], authority[at + 1..].parse().ok()),
        None => (&authority[start..], None),
    };
    let host = host.strip_prefix('[').unwrap_or(host);
    (capped(host.strip_suffix(']').unwrap_or(host), 255), port)
}

// === impl Url ===

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, secrets } = self;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{}://", capped(scheme, 16))?;
        }
        if let Some(authority) = uri.authority() {
            if authority.as_str().contains('@') {
                write!(f, "{REDACTED}:{REDACTED}@")?;
            }
            f.write_str(capped(authority.host(), 255))?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        f.write_str(path(uri))?;
        match (uri.query(), secrets) {
            (Some(query), Some(secrets)) => write!(f, "?{}", secrets.redact(query)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_no_credentials_and_no_query_unless_it_is_asked_for() {
        let uri: Uri = "https://me:secret@a.example:8443/p?token=t&q=1"
            .parse()
            .unwrap();
        let bare = Url {
            uri: &uri,
            secrets: None,
        }
        .to_string();
        assert_eq!(bare, "https://REDACTED:REDACTED@a.example:8443/p");
        let mut secrets = QueryRedaction::default();
        secrets.add("token");
        let full = Url {
            uri: &uri,
            secrets: Some(&secrets),
        }
        .to_string();
        assert_eq!(full, format!("{bare}?token=REDACTED&q=1"));
    }

    #[test]
    fn host_and_port_are_told_apart() {
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
