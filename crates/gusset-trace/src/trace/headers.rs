//! Headers that were asked for by name.

use gusset_data::{Attribute, SharedStr, Value};
use gusset_http::capped;
use http::{HeaderMap, HeaderName, header};

use crate::{ConfigError, names};

/// Headers that stand on spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(Vec<(HeaderName, String)>);

/// What is longer or more is left out.
const LONGEST: usize = 256;
const VALUES: usize = 16;

/// Headers that are secrets and nothing else.
const SECRETS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
];

// === impl Headers ===

impl Headers {
    pub(super) fn add(&mut self, prefix: &str, header: HeaderName) {
        let key = format!("{prefix}{header}");
        self.0.push((header, key));
    }

    /// Refuses those that nobody may have meant.
    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        let secret = self.0.iter().find(|(name, _)| SECRETS.contains(name));
        secret.map_or(Ok(()), |(name, _)| {
            let why = format!("`{name}` is a secret; who means it says `secret_{field}`");
            Err(ConfigError::new(field, why))
        })
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn put(&self, headers: &HeaderMap, on: &mut Vec<Attribute>) {
        for (name, key) in &self.0 {
            let values = headers.get_all(name).iter().take(VALUES);
            let texts: Box<[SharedStr]> = values
                .filter(|value| !value.is_sensitive())
                .filter_map(|value| value.to_str().ok())
                .map(|value| SharedStr::new(capped(value, LONGEST)))
                .collect();
            if !texts.is_empty() {
                on.push((key.clone().into(), Value::StringArray(texts)));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The attribute's name without that of the header.
pub(super) const REQUEST: &str = names::REQUEST_HEADER;
/// As [`REQUEST`].
pub(super) const RESPONSE: &str = names::RESPONSE_HEADER;
