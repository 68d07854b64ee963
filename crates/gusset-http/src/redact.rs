//! Queries without their secrets.

use std::fmt::{self, Write as _};

use gusset_core::SecretKeys;
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

/// The keys of a query whose values are secret: the names of [`SecretKeys`], which are secret as fields
/// of log entries too, the signatures and credentials of the large clouds, and custom ones.
///
/// Case does not matter, unlike in the semantic conventions: the case of a letter must not decide
/// whether a secret is reported.
///
/// ```
/// use gusset_http::QueryRedaction;
///
/// let mut redaction = QueryRedaction::default();
/// redaction.add("iban");
/// let redacted = redaction.redact("page=2&Token=abc&sig=def&iban=1").to_string();
/// assert_eq!(redacted, "page=2&Token=REDACTED&sig=REDACTED&iban=REDACTED");
/// ```
#[derive(Clone, Debug, Default)]
pub struct QueryRedaction(SecretKeys);

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

    /// Adds a key whose values are redacted too. Case does not matter, and keys that end with it as a word
    /// of its own are secret too.
    pub fn add(&mut self, key: impl AsRef<str>) {
        self.0.add(key.as_ref());
    }

    /// Returns the query with redacted secrets. Copies nothing until it is displayed.
    pub fn redact<'a>(&'a self, query: &'a str) -> RedactedQuery<'a> {
        RedactedQuery {
            query,
            redaction: self,
        }
    }

    /// Returns where the first secret value of a pair starts. Some parsers separate pairs with semicolons,
    /// others do not: everything after the secret key is the secret.
    fn find_secret(&self, pair: &str, max_bytes: usize) -> Option<usize> {
        let mut start = 0;
        for part in pair.split(';') {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            // A key that is too long is not written, so it need not be decoded.
            if start + key.len() >= max_bytes {
                return None;
            }
            if part.len() > key.len() && self.is_secret(key) {
                return Some(start + part.len() - value.len());
            }
            start += part.len() + 1;
        }
        None
    }

    fn is_secret(&self, key: &str) -> bool {
        let key = percent_decode_str(key).decode_utf8_lossy();
        let mut signatures = SECRET_KEYS.into_iter();
        signatures.any(|secret| secret.eq_ignore_ascii_case(&key)) || self.0.contains(&key)
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
            let secret = redaction.find_secret(pair, left);
            let (shown, replacement) = match secret {
                Some(start) => (&pair[..start], REDACTED),
                None => (pair, ""),
            };
            let len = shown.len() + replacement.len();
            // Never a part of a pair: half a key might not be recognised as secret.
            if len >= left {
                return f.write_str("...");
            }
            left -= len + 1;
            f.write_str(shown)?;
            f.write_str(replacement)?;
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
        assert_eq!(redact("a=1;sig=s;b=2&c"), "a=1;sig=REDACTED&c");
    }

    #[test]
    fn keys_that_are_secret_in_log_entries_are_redacted() {
        for key in
            "password token api_key access_token client_secret X-Api-Key user[password]".split(' ')
        {
            let query = format!("page=2&{key}=s3cret");
            let redacted = QueryRedaction::default().redact(&query).to_string();
            assert_eq!(redacted, format!("page=2&{key}=REDACTED"));
        }
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
