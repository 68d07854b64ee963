//! The redaction of secrets.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use regex_lite::Regex;

use gusset_core::ConfigError;

pub(crate) const REDACTED: &str = "REDACTED";

/// The maximum length of a text that is formatted in order to be searched.
const MAX_TEXT_BYTES: usize = 1 << 16;

const KEYS: &str = "access_key api_key apikey authorization cookie credential credentials passphrase \
    passwd password private_key pwd secret secret_key session_id token";

/// What is redacted in log entries and exported records: fields by name, and parts of texts by pattern.
///
/// A field is secret if its name is one of the keys or ends with one as a word of its own: `password`,
/// `db.password`, `x-api-key`, `accessToken`. The default keys are `access_key`, `api_key`, `apikey`,
/// `authorization`, `cookie`, `credential`, `credentials`, `passphrase`, `passwd`, `password`,
/// `private_key`, `pwd`, `secret`, `secret_key`, `session_id` and `token`. Names are checked once for
/// each callsite.
///
/// In texts, the credentials of URLs and those after `Bearer` and `Basic` are redacted by default.
///
/// ```
/// use gusset_log::{LogLayer, Redaction};
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let redaction = Redaction::default().key("iban").pattern(r"\b\d{4}( ?\d{4}){3}\b")?;
/// let log = LogLayer::builder().redaction(redaction).writer(std::io::sink()).build()?;
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let subscriber = tracing_subscriber::registry().with(log.layer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Redaction {
    keys: Vec<Cow<'static, str>>,
    patterns: Vec<Regex>,
    builtin_patterns: bool,
}

// === impl Redaction ===

impl Redaction {
    /// Returns a redaction without keys and patterns.
    pub const fn none() -> Self {
        Self {
            keys: Vec::new(),
            patterns: Vec::new(),
            builtin_patterns: false,
        }
    }

    /// Adds a key: fields with this name are secret.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.keys.push(normalize(key).into());
        self
    }

    /// Adds a regular expression whose matches are secret, in the syntax of `regex-lite`. Costs a search
    /// of each text.
    ///
    /// # Errors
    /// If the regular expression is not valid.
    pub fn pattern(mut self, pattern: &str) -> Result<Self, ConfigError> {
        let regex = Regex::new(pattern).map_err(|error| ConfigError::new("pattern", error))?;
        self.patterns.push(regex);
        Ok(self)
    }

    pub(crate) fn has_key(&self, name: &str) -> bool {
        let name = normalize(name);
        self.keys.iter().any(|key| {
            let before = name.strip_suffix(&**key);
            before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
    }

    #[inline]
    pub(crate) fn has_custom_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    pub(crate) fn has_patterns(&self) -> bool {
        self.builtin_patterns || !self.patterns.is_empty()
    }

    /// Returns whether a text may contain a secret. It may be wrong only in that it returns `true`.
    #[inline]
    pub(crate) fn may_contain_secret(&self, text: &[u8]) -> bool {
        if !self.patterns.is_empty() {
            return true;
        }
        self.builtin_patterns
            && text.iter().enumerate().any(|(at, byte)| match byte {
                b':' => text[at + 1..].starts_with(b"//"),
                b' ' => is_scheme(&text[..at]),
                _ => false,
            })
    }

    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = match self.builtin_patterns {
            true => redact_builtin(text),
            false => Cow::Borrowed(text),
        };
        for pattern in &self.patterns {
            if let Cow::Owned(redacted) = pattern.replace_all(&text, REDACTED) {
                text = Cow::Owned(redacted);
            }
        }
        text
    }

    /// Formats a value by its `Debug` implementation, without its secrets.
    pub(crate) fn redact_debug(&self, value: &dyn Debug) -> String {
        let text = format_bounded(value);
        match self.redact(&text) {
            Cow::Owned(redacted) => redacted,
            Cow::Borrowed(_) => text,
        }
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            keys: KEYS.split(' ').map(Cow::Borrowed).collect(),
            patterns: Vec::new(),
            builtin_patterns: true,
        }
    }
}

/// Formats a value by its `Debug` implementation, up to the maximum length.
pub(crate) fn format_bounded(value: &dyn Debug) -> String {
    let mut text = Bounded(String::new());
    // It fails if the text is full.
    let _ = write!(text, "{value:?}");
    text.0
}

struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT_BYTES {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Returns a name in lower case, with underscores between its words.
fn normalize(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            words.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        words.push(match c {
            '.' | '-' | ' ' | ':' | '/' => '_',
            c => c.to_ascii_lowercase(),
        });
    }
    words
}

/// Returns whether a text ends with an authentication scheme that credentials follow.
fn is_scheme(before: &[u8]) -> bool {
    let ends = |with: &[u8]| {
        let at = before.len().checked_sub(with.len());
        at.is_some_and(|at| before[at..].eq_ignore_ascii_case(with))
    };
    ends(b"bearer") || ends(b"basic")
}

/// Redacts the credentials of URLs and those after authentication schemes.
fn redact_builtin(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut done = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if at < done {
            continue;
        }
        let secret = match byte {
            b':' if bytes[at + 1..].starts_with(b"//") => credentials(text, at + 3),
            b' ' if is_scheme(&bytes[..at]) => {
                let start = at + 1;
                let end = bytes[start..].iter().position(|byte| !is_credential(*byte));
                let end = end.map_or(bytes.len(), |len| start + len);
                // `basic` is a common word: shorter words after it are kept.
                (end - start >= 6).then_some(start..end)
            }
            _ => None,
        };
        if let Some(secret) = secret {
            clean.push_str(&text[done..secret.start]);
            clean.push_str(REDACTED);
            done = secret.end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

/// Returns the range of the credentials before the `@` of an authority that starts at `start`.
fn credentials(text: &str, start: usize) -> Option<std::ops::Range<usize>> {
    let authority = &text[start..];
    let ends =
        |c: char| matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | ',') || c.is_whitespace();
    let end = authority.find(ends).unwrap_or(authority.len());
    let at = authority[..end].rfind('@')?;
    Some(start..start + at)
}

/// Returns whether a byte may be part of credentials in a header (RFC 9110, 11.2: `token68`).
fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_match_last_words_of_names() {
        let redaction = Redaction::default().key("iban");
        let secret = "password db.password DB_PASSWORD accessToken x-api-key set-cookie user.IBAN \
            authorization client_secret";
        for name in secret.split_whitespace() {
            assert!(redaction.has_key(name), "{name}");
        }
        for name in "passwords_tried tokenizer caribank url.path broken".split(' ') {
            assert!(!redaction.has_key(name), "{name}");
        }
        assert!(!Redaction::none().has_key("password"));
    }

    #[test]
    fn credentials_in_texts_are_redacted() {
        let redact = |text: &str| Redaction::default().redact(text).into_owned();
        assert_eq!(
            redact("connect to postgres://me:s3cret@db/x?a=b, then amqp://u:p@q"),
            "connect to postgres://REDACTED@db/x?a=b, then amqp://REDACTED@q"
        );
        assert_eq!(
            redact("Authorization: Bearer eyJ.a-b_c; next"),
            "Authorization: Bearer REDACTED; next"
        );
        for harmless in ["http://a.example/@b", "basic idea", "a://b", "bearer", ""] {
            assert_eq!(redact(harmless), harmless);
        }
    }

    #[test]
    fn custom_patterns_are_redacted() {
        let redaction = Redaction::none().pattern("[0-9]{4}-[0-9]{4}").unwrap();
        assert_eq!(redaction.redact("card 1234-5678."), "card REDACTED.");
        assert_eq!(
            Redaction::none().pattern("(").unwrap_err().setting(),
            "pattern"
        );
    }

    proptest! {
        #[test]
        fn unsuspicious_text_is_unchanged(text: String) {
            let redaction = Redaction::default();
            if !redaction.may_contain_secret(text.as_bytes()) {
                prop_assert_eq!(redaction.redact(&text), text.as_str());
            }
        }
    }
}
