//! The redaction of secrets.

mod credentials;

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use regex_lite::Regex;

use gusset_core::{ConfigError, SecretKeys};

pub use self::credentials::REDACTED;
use crate::{SharedStr, Value};

/// The maximum length of a text that is formatted in order to be searched.
const MAX_TEXT_BYTES: usize = 1 << 16;

/// What is redacted in log entries, exported records and spans: fields by name, and parts of texts by pattern.
///
/// The keys are those of [`SecretKeys`]: `password`, `token`, `api_key` and so on. In texts, the
/// credentials of URLs and those after `Bearer` and `Basic` are redacted by default, percent-encoded ones
/// too.
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
    keys: SecretKeys,
    patterns: Vec<Regex>,
    builtin_patterns: bool,
}

// === impl Redaction ===

impl Redaction {
    /// Returns a redaction without keys and patterns.
    pub const fn none() -> Self {
        Self {
            keys: SecretKeys::none(),
            patterns: Vec::new(),
            builtin_patterns: false,
        }
    }

    /// Adds a key: fields with this name are secret.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.keys.add(key);
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
        self.keys.contains(name)
    }

    /// Returns the text of a field without its secrets.
    ///
    /// ```
    /// use gusset_data::Redaction;
    ///
    /// let redaction = Redaction::default();
    /// assert_eq!(redaction.redact_field("password", "s3cret"), "REDACTED");
    /// assert_eq!(redaction.redact_field("tenant", "blue"), "blue");
    /// ```
    pub fn redact_field<'a>(&self, name: &str, text: &'a str) -> Cow<'a, str> {
        if self.has_key(name) {
            return Cow::Borrowed(REDACTED);
        }
        match self.may_contain_secret(text.as_bytes()) {
            true => self.redact(text),
            false => Cow::Borrowed(text),
        }
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
        self.builtin_patterns && credentials::may_contain(text)
    }

    /// Returns a text without its secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = match self.builtin_patterns {
            true => credentials::redact(text),
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
            keys: SecretKeys::default(),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
