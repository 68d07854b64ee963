//! Queries without their secrets.

use std::fmt::{self, Write as _};

use percent_encoding::percent_decode_str;

/// Replaces the value of a secret key.
const REDACTED: &str = "REDACTED";

/// Signatures and credentials in queries, by OpenTelemetry's list (semantic conventions 1.44).
const SECRET_KEYS: [&str; 7] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
];

/// The keys of a query whose values are secret: the signatures and credentials of the large clouds,
/// and custom ones.
///
/// Case does not matter, unlike in the semantic conventions: the case of a letter must not decide
/// whether a secret is reported.
///
/// ```
/// use gusset_http::QueryRedaction;
///
/// let mut redaction = QueryRedaction::default();
/// redaction.add("token");
/// let redacted = redaction.redact("page=2&Token=abc&sig=def").to_string();
/// assert_eq!(redacted, "page=2&Token=REDACTED&sig=REDACTED");
/// ```
#[derive(Clone, Debug, Default)]
pub struct QueryRedaction(Vec<String>);

/// A query with redacted secrets, truncated to [`QueryRedaction::MAX_BYTES`] between its pairs.
/// [`QueryRedaction::redact`] creates it.
#[derive(Clone, Copy)]
pub struct RedactedQuery<'a> {
    query: &'a str,
    redaction: &'a QueryRedaction,
}

/// Returns the longest prefix of `text` that has at most `max_bytes`.
///
/// ```
/// assert_eq!(gusset_http::truncate_str("grün", 3), "gr");
/// ```
#[inline]
pub fn truncate_str(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let mut end = max_bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

// === impl QueryRedaction ===

impl QueryRedaction {
    /// The longest query that is reported, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Adds a key whose values are redacted too. Case does not matter.
    pub fn add(&mut self, key: impl Into<String>) {
        self.0.push(key.into());
    }

    /// Returns the query with redacted secrets. Copies nothing until it is displayed.
    pub fn redact<'a>(&'a self, query: &'a str) -> RedactedQuery<'a> {
        RedactedQuery {
            query,
            redaction: self,
        }
    }

    fn is_secret(&self, key: &str) -> bool {
        let key = percent_decode_str(key).decode_utf8_lossy();
        let mut secret = SECRET_KEYS
            .into_iter()
            .chain(self.0.iter().map(String::as_str));
        secret.any(|secret| secret.eq_ignore_ascii_case(&key))
    }
}

// === impl RedactedQuery ===

impl fmt::Display for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query, redaction } = self;
        let mut left = QueryRedaction::MAX_BYTES;
        for (at, pair) in query.split('&').enumerate() {
            if at > 0 {
                f.write_char('&')?;
            }
            let (key, value) = match pair.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (pair, None),
            };
            // A key that is too long is not written, so it need not be decoded.
            let value = match value {
                Some(_) if key.len() < left && redaction.is_secret(key) => Some(REDACTED),
                value => value,
            };
            let len = key.len() + value.map_or(0, |value| 1 + value.len());
            // Never a part of a pair: half a key might not be recognised as secret.
            if len >= left {
                return f.write_str("...");
            }
            left -= len + 1;
            f.write_str(key)?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

/// Redacts secrets too.
impl fmt::Debug for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactedQuery({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(query: &str) -> String {
        let mut redaction = QueryRedaction::default();
        redaction.add("token");
        redaction.redact(query).to_string()
    }

    #[test]
    fn secret_values_are_redacted_in_any_spelling() {
        assert_eq!(redact("a=1&sig=s&b=2"), "a=1&sig=REDACTED&b=2");
        assert_eq!(redact("SIG=s&s%69g=s"), "SIG=REDACTED&s%69g=REDACTED");
        assert_eq!(redact("token=a=b&sig"), "token=REDACTED&sig");
        assert_eq!(redact("&&a"), "&&a");
    }

    #[test]
    fn long_query_is_truncated_between_pairs() {
        let long = format!("a=1&b={}&c=3", "x".repeat(2000));
        assert_eq!(redact(&long), "a=1&...");
        assert!(redact(&"a=1&".repeat(5000)).len() <= QueryRedaction::MAX_BYTES + 3);
    }

    #[test]
    fn redacted_values_count_towards_the_limit() {
        let redacted = redact(&"sig=&".repeat(200));
        assert!(redacted.len() <= QueryRedaction::MAX_BYTES + 3);
        assert!(redacted.ends_with("&sig=REDACTED&..."));
        let long = format!("sig={}&a=1", "x".repeat(2000));
        assert_eq!(redact(&long), "sig=REDACTED&a=1");
    }
}
