//! Texts of callers, without what is secret in them and not longer than is good.

use std::fmt::{self, Write as _};

use percent_encoding::percent_decode_str;

/// What stands in place of a secret.
const REDACTED: &str = "REDACTED";

/// Signatures and credentials in queries, by OpenTelemetry's list (semantic conventions 1.44).
const SECRETS: [&str; 7] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
];

/// The keys of a query whose values are secret: those of the large clouds' signatures and
/// credentials, and what is added.
///
/// The conventions let case count. It does not here: one letter must not decide whether a secret shows.
///
/// ```
/// use gusset_http::QueryRedaction;
///
/// let mut redaction = QueryRedaction::default();
/// redaction.add("token");
/// let shown = redaction.redact("page=2&Token=abc&sig=def").to_string();
/// assert_eq!(shown, "page=2&Token=REDACTED&sig=REDACTED");
/// ```
#[derive(Clone, Debug, Default)]
pub struct QueryRedaction(Vec<String>);

/// A query with its secrets redacted, and cut after 1024 bytes between its pairs. Made by
/// [`QueryRedaction::redact`].
#[derive(Clone, Copy)]
pub struct RedactedQuery<'a> {
    query: &'a str,
    secrets: &'a QueryRedaction,
}

/// The longest beginning of `text` that is not longer than `len` bytes.
///
/// ```
/// assert_eq!(gusset_http::truncate_str("grün", 3), "gr");
/// ```
#[inline]
pub fn truncate_str(text: &str, len: usize) -> &str {
    if text.len() <= len {
        return text;
    }
    let mut end = len;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

// === impl QueryRedaction ===

impl QueryRedaction {
    /// No query is shown longer, in bytes.
    pub const LONGEST: usize = 1024;

    /// Redacts the values of that key too. Case does not count.
    pub fn add(&mut self, key: impl Into<String>) {
        self.0.push(key.into());
    }

    /// The query as it may be shown; nothing is copied before it is.
    pub fn redact<'a>(&'a self, query: &'a str) -> RedactedQuery<'a> {
        RedactedQuery {
            query,
            secrets: self,
        }
    }

    fn has(&self, key: &str) -> bool {
        let key = percent_decode_str(key).decode_utf8_lossy();
        let mut known = SECRETS.into_iter().chain(self.0.iter().map(String::as_str));
        known.any(|known| known.eq_ignore_ascii_case(&key))
    }
}

// === impl RedactedQuery ===

impl fmt::Display for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query, secrets } = self;
        let mut left = QueryRedaction::LONGEST;
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

/// Tells no secret either.
impl fmt::Debug for RedactedQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactedQuery({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> String {
        let mut secrets = QueryRedaction::default();
        secrets.add("token");
        secrets.redact(query).to_string()
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
}
