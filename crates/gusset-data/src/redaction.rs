//! The redaction of secrets.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use regex_lite::Regex;

use gusset_core::ConfigError;

use crate::{SharedStr, Value};

/// Replaces a secret.
pub const REDACTED: &str = "REDACTED";

/// The maximum length of a text that is formatted in order to be searched.
const MAX_TEXT_BYTES: usize = 1 << 16;

const KEYS: &str = "access_key api_key apikey authorization cookie credential credentials passphrase \
    passwd password private_key pwd secret secret_key session_id token";

/// What is redacted in log entries, exported records and spans: fields by name, and parts of texts by pattern.
///
/// A field is secret if its name is one of the keys or ends with one as a word of its own: `password`,
/// `db.password`, `x-api-key`, `accessToken`. The default keys are `access_key`, `api_key`, `apikey`,
/// `authorization`, `cookie`, `credential`, `credentials`, `passphrase`, `passwd`, `password`,
/// `private_key`, `pwd`, `secret`, `secret_key`, `session_id` and `token`.
///
/// In texts, the credentials of URLs and those after `Bearer` and `Basic` are redacted by default.
///
/// ```
/// use gusset_data::Redaction;
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let redaction = Redaction::default().key("iban").pattern(r"\b\d{4}( ?\d{4}){3}\b")?;
/// assert!(redaction.has_key("user.iban"));
/// assert_eq!(redaction.redact("GET postgres://me:s3cret@db/x"), "GET postgres://REDACTED@db/x");
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

    /// Returns whether a field with this name is secret. Allocates nothing.
    pub fn has_key(&self, name: &str) -> bool {
        self.keys.iter().any(|key| {
            let mut name = normalized_backwards(name);
            let is_suffix = key.chars().rev().all(|c| name.next() == Some(c));
            is_suffix && matches!(name.next(), None | Some('_'))
        })
    }

    /// Returns the value of a field without its secrets.
    pub fn redact_value(&self, name: &str, value: Value) -> Value {
        if self.has_key(name) {
            return Value::String(SharedStr::from_static(REDACTED));
        }
        let redact_text = |text: &mut SharedStr| {
            if self.may_contain_secret(text.as_bytes()) {
                if let Cow::Owned(redacted) = self.redact(text) {
                    *text = redacted.into();
                }
            }
        };
        let mut value = value;
        match &mut value {
            Value::String(text) => redact_text(text),
            Value::StringArray(texts) => texts.iter_mut().for_each(redact_text),
            _ => {}
        }
        value
    }

    /// Returns whether patterns were added.
    #[inline]
    pub fn has_custom_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Returns whether texts are searched for secrets.
    pub fn has_patterns(&self) -> bool {
        self.builtin_patterns || !self.patterns.is_empty()
    }

    /// Returns whether a text may contain a secret. It may be wrong only in that it returns `true`.
    #[inline]
    pub fn may_contain_secret(&self, text: &[u8]) -> bool {
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

    /// Returns a text without its secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
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
    pub fn redact_debug(&self, value: &dyn Debug) -> String {
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
pub fn format_bounded(value: &dyn Debug) -> String {
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
    let backwards: String = normalized_backwards(name).collect();
    backwards.chars().rev().collect()
}

/// Returns the characters of a normalized name from its end.
fn normalized_backwards(name: &str) -> impl Iterator<Item = char> {
    let mut chars = name.chars().rev().peekable();
    let mut pending = None;
    std::iter::from_fn(move || {
        if let Some(c) = pending.take() {
            return Some(c);
        }
        let c = chars.next()?;
        let is_word = |before: &char| before.is_ascii_lowercase() || before.is_ascii_digit();
        if c.is_ascii_uppercase() && chars.peek().is_some_and(is_word) {
            pending = Some('_');
        }
        Some(match c {
            '.' | '-' | ' ' | ':' | '/' => '_',
            c => c.to_ascii_lowercase(),
        })
    })
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
