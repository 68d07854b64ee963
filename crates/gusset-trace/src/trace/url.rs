//! URLs without what is secret in them.

use std::fmt::{self, Write as _};

use http::Uri;
use percent_encoding::percent_decode_str;

const REDACTED: &str = "REDACTED";

/// Signatures and credentials in queries, by the conventions' list.
const SECRETS: [&str; 7] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
];

/// No path or query is longer on a span.
const LONGEST: usize = 1024;

/// The keys of a query whose values are secret.
///
/// The conventions let case count. It does not here: one letter must not decide whether a secret shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<String>);

/// A query with its secrets redacted.
pub(super) struct Query<'a> {
    pub(super) query: &'a str,
    pub(super) secrets: &'a Secrets,
}

/// The whole of a client's target: without credentials, and with its query only if there is somebody
/// to redact it.
pub(super) struct Url<'a> {
    pub(super) uri: &'a Uri,
    pub(super) secrets: Option<&'a Secrets>,
}

/// The longest beginning of `text` that is not longer than `len` bytes.
pub(super) fn capped(text: &str, len: usize) -> &str {
    if text.len() <= len {
        return text;
    }
    let mut end = len;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The path, not longer than a span bears.
pub(super) fn path(uri: &Uri) -> &str {
    capped(uri.path(), LONGEST)
}

/// Host, without brackets, and port of `host`, `host:port`, `[v6]:port`, and of what has credentials before that.
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

// === impl Secrets ===

impl Secrets {
    pub(super) fn add(&mut self, key: String) {
        self.0.push(key);
    }

    fn has(&self, key: &str) -> bool {
        let key = percent_decode_str(key).decode_utf8_lossy();
        let mut known = SECRETS.into_iter().chain(self.0.iter().map(String::as_str));
        known.any(|known| known.eq_ignore_ascii_case(&key))
    }
}

// === impl Query ===

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query, secrets } = self;
        let mut left = LONGEST;
        for (at, pair) in query.split('&').enumerate() {
            if at > 0 {
                f.write_char('&')?;
            }
            let (key, value) = match pair.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (pair, None),
            };
            // A pair is shown whole or not at all: half a key is not known to be secret.
            if pair.len() >= left {
                return f.write_str("...");
            }
            left -= pair.len() + 1;
            f.write_str(key)?;
            match value {
                Some(_) if secrets.has(key) => write!(f, "={REDACTED}")?,
                Some(value) => write!(f, "={value}")?,
                None => {}
            }
        }
        Ok(())
    }
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
            (Some(query), Some(secrets)) => write!(f, "?{}", Query { query, secrets }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add("token".to_owned());
        let secrets = &secrets;
        Query { query, secrets }.to_string()
    }

    #[test]
    fn the_values_of_secret_keys_are_redacted_however_they_are_written() {
        assert_eq!(query("a=1&sig=s&b=2"), "a=1&sig=REDACTED&b=2");
        assert_eq!(query("SIG=s&s%69g=s"), "SIG=REDACTED&s%69g=REDACTED");
        assert_eq!(query("token=a=b&sig"), "token=REDACTED&sig");
        assert_eq!(query("&&a"), "&&a");
    }

    #[test]
    fn a_long_query_is_cut_between_its_pairs() {
        let long = format!("a=1&b={}&c=3", "x".repeat(2000));
        assert_eq!(query(&long), "a=1&...");
        assert!(query(&"a=1&".repeat(5000)).len() <= 1100);
    }

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
        let mut secrets = Secrets::default();
        secrets.add("token".to_owned());
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
