//! The names whose values are secret.

use std::borrow::Cow;

const DEFAULT: &str = "access_key api_key apikey authorization cookie credential credentials passphrase \
    passwd password private_key pwd secret secret_key session_id token";

/// The names of fields, attributes and query parameters whose values are secret.
///
/// A name is secret if it is one of the keys or ends with one as a word of its own: `password`,
/// `db.password`, `x-api-key`, `accessToken`, `user[password]`. The default keys are `access_key`,
/// `api_key`, `apikey`, `authorization`, `cookie`, `credential`, `credentials`, `passphrase`, `passwd`,
/// `password`, `private_key`, `pwd`, `secret`, `secret_key`, `session_id` and `token`.
///
/// ```
/// use gusset_core::SecretKeys;
///
/// let mut keys = SecretKeys::default();
/// keys.add("iban");
/// assert!(keys.contains("user.iban") && keys.contains("access_token"));
/// assert!(!keys.contains("tokenizer"));
/// ```
#[derive(Clone, Debug)]
pub struct SecretKeys(Vec<Cow<'static, str>>);

// === impl SecretKeys ===

impl SecretKeys {
    /// Returns an empty list: no name is secret.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a key. Case and the separators of words do not matter.
    pub fn add(&mut self, key: &str) {
        self.0.push(normalize(key).into());
    }

    /// Returns whether a name is secret. Allocates nothing.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|key| {
            let mut name = normalized_backwards(name);
            let is_suffix = key.chars().rev().all(|c| name.next() == Some(c));
            is_suffix && matches!(name.next(), None | Some('_'))
        })
    }
}

impl Default for SecretKeys {
    fn default() -> Self {
        Self(DEFAULT.split(' ').map(Cow::Borrowed).collect())
    }
}

/// Returns a name in lower case, with underscores between its words.
fn normalize(name: &str) -> String {
    let backwards: String = normalized_backwards(name).collect();
    backwards.chars().rev().collect()
}

/// Returns the characters of a normalized name from its end. Brackets at the end are ignored.
fn normalized_backwards(name: &str) -> impl Iterator<Item = char> {
    let name = name.trim_end_matches([']', '[']);
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
            '.' | '-' | ' ' | ':' | '/' | '[' => '_',
            c => c.to_ascii_lowercase(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_last_words_of_names() {
        let mut keys = SecretKeys::default();
        keys.add("iban");
        let secret = "password db.password DB_PASSWORD accessToken x-api-key set-cookie user.IBAN \
            authorization client_secret user[password] tokens[token][]";
        for name in secret.split_whitespace() {
            assert!(keys.contains(name), "{name}");
        }
        for name in "passwords_tried tokenizer caribank url.path broken".split(' ') {
            assert!(!keys.contains(name), "{name}");
        }
        assert!(!SecretKeys::none().contains("password"));
    }
}
