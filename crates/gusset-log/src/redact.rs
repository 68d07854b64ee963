//! What no line shows.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use regex_lite::Regex;

use crate::ConfigError;

pub(crate) const REDACTED: &str = "REDACTED";

/// No text that is formatted only to be looked through is longer.
const LONGEST: usize = 1 << 16;

const KEYS: [&str; 16] = [
    "access_key",
    "api_key",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "pwd",
    "secret",
    "secret_key",
    "session_id",
    "token",
];

/// What no line shows, nor any record that is exported: fields by their names, and secrets by what they
/// look like.
///
/// A field is secret if its name is one of these keys, or ends with one after `.`, `_` or `-`, or a
/// capital: `password`, `db.password`, `x-api-key`, `accessToken`. The keys are `access_key`, `api_key`,
/// `apikey`, `authorization`, `cookie`, `credential`, `credentials`, `passphrase`, `passwd`, `password`,
/// `private_key`, `pwd`, `secret`, `secret_key`, `session_id` and `token`, and one's own. Whether it is, is
/// decided once for each place that writes lines.
///
/// In all texts, credentials of a URL and what follows `Bearer` and `Basic` are secret.
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
    by_looks: bool,
}

// === impl Redaction ===

impl Redaction {
    /// Nothing is secret.
    pub const fn none() -> Self {
        Self {
            keys: Vec::new(),
            patterns: Vec::new(),
            by_looks: false,
        }
    }

    /// Fields of that name are secret too.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.keys.push(words(key).into());
        self
    }

    /// What matches this regular expression is secret too, in the syntax of `regex-lite`. Costs a search
    /// of each text.
    ///
    /// # Errors
    /// If it is no regular expression.
    pub fn pattern(mut self, pattern: &str) -> Result<Self, ConfigError> {
        let regex = Regex::new(pattern).map_err(|error| ConfigError::new("pattern", error))?;
        self.patterns.push(regex);
        Ok(self)
    }

    /// Whether a field of that name is secret.
    pub(crate) fn has_key(&self, name: &str) -> bool {
        let name = words(name);
        self.keys.iter().any(|key| {
            let before = name.strip_suffix(&**key);
            before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
    }

    /// Whether there are patterns of the service's own.
    #[inline]
    pub(crate) fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether texts are to be looked through.
    pub(crate) fn looks(&self) -> bool {
        self.by_looks || !self.patterns.is_empty()
    }

    /// Whether a text may hold a secret, at a glance.
    #[inline]
    pub(crate) fn suspects(&self, text: &[u8]) -> bool {
        if !self.patterns.is_empty() {
            return true;
        }
        self.by_looks
            && text.iter().enumerate().any(|(at, byte)| match byte {
                b':' => text[at + 1..].starts_with(b"//"),
                b' ' => is_scheme(&text[..at]),
                _ => false,
            })
    }

    /// A text without its secrets.
    pub(crate) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = match self.by_looks {
            true => by_looks(text),
            false => Cow::Borrowed(text),
        };
        for pattern in &self.patterns {
            if let Cow::Owned(scrubbed) = pattern.replace_all(&text, REDACTED) {
                text = Cow::Owned(scrubbed);
            }
        }
        text
    }

    /// What a value says of itself, without its secrets.
    pub(crate) fn scrub_debug(&self, value: &dyn Debug) -> String {
        let text = bounded(value);
        match self.scrub(&text) {
            Cow::Owned(scrubbed) => scrubbed,
            Cow::Borrowed(_) => text,
        }
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            keys: KEYS.map(Cow::Borrowed).to_vec(),
            patterns: Vec::new(),
            by_looks: true,
        }
    }
}

/// What a value says of itself, or the beginning of it.
pub(crate) fn bounded(value: &dyn Debug) -> String {
    let mut text = Bounded(String::new());
    // An error is a text that is full.
    let _ = write!(text, "{value:?}");
    text.0
}

/// A text that takes so much and no more.
struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A name in lower case, its words parted by underscores.
fn words(name: &str) -> String {
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

/// Whether a text ends with the name of a scheme whose credentials follow.
fn is_scheme(before: &[u8]) -> bool {
    let ends = |with: &[u8]| {
        let at = before.len().checked_sub(with.len());
        at.is_some_and(|at| before[at..].eq_ignore_ascii_case(with))
    };
    ends(b"bearer") || ends(b"basic")
}

/// Credentials of URLs, and those of the schemes.
fn by_looks(text: &str) -> Cow<'_, str> {
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
                // `basic` is a word too.
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

/// What stands before the `@` of an authority that begins there; all of it, if the text ends first: it
/// may have been cut.
fn credentials(text: &str, start: usize) -> Option<std::ops::Range<usize>> {
    let authority = &text[start..];
    let ends =
        |c: char| matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | ',') || c.is_whitespace();
    let end = authority.find(ends).unwrap_or(authority.len());
    let at = authority[..end].rfind('@')?;
    Some(start..start + at)
}

/// The characters of credentials in a header (RFC 9110, 11.2: `token68`), and of those in braces.
fn is_credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_found_at_the_end_of_names_however_they_are_written() {
        let redaction = Redaction::default().key("iban");
        for name in [
            "password",
            "db.password",
            "DB_PASSWORD",
            "accessToken",
            "x-api-key",
            "set-cookie",
            "user.IBAN",
            "authorization",
            "client_secret",
        ] {
            assert!(redaction.has_key(name), "{name}");
        }
        for name in [
            "passwords_tried",
            "tokenizer",
            "caribank",
            "url.path",
            "broken",
        ] {
            assert!(!redaction.has_key(name), "{name}");
        }
        assert!(!Redaction::none().has_key("password"));
    }

    #[test]
    fn credentials_are_found_by_their_looks() {
        let scrub = |text: &str| Redaction::default().scrub(text).into_owned();
        assert_eq!(
            scrub("connect to postgres://me:s3cret@db/x?a=b, then amqp://u:p@q"),
            "connect to postgres://REDACTED@db/x?a=b, then amqp://REDACTED@q"
        );
        assert_eq!(
            scrub("Authorization: Bearer eyJ.a-b_c; next"),
            "Authorization: Bearer REDACTED; next"
        );
        for harmless in ["http://a.example/@b", "basic idea", "a://b", "bearer", ""] {
            assert_eq!(scrub(harmless), harmless);
        }
    }

    #[test]
    fn patterns_of_ones_own_are_found() {
        let redaction = Redaction::none().pattern("[0-9]{4}-[0-9]{4}").unwrap();
        assert_eq!(redaction.scrub("card 1234-5678."), "card REDACTED.");
        assert_eq!(
            Redaction::none().pattern("(").unwrap_err().field(),
            "pattern"
        );
    }

    proptest! {
        #[test]
        fn what_is_not_suspected_is_clean(text: String) {
            let redaction = Redaction::default();
            if !redaction.suspects(text.as_bytes()) {
                prop_assert_eq!(redaction.scrub(&text), text.as_str());
            }
        }
    }
}
