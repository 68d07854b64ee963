//! Headers that are recorded on spans.

use gusset_data::{Attribute, SharedStr, Value};
use gusset_http::truncate_str;
use http::{HeaderMap, HeaderName, header};

use crate::ConfigError;

/// The headers to record, each with the name of its attribute.
#[derive(Clone, Debug, Default)]
pub(crate) struct CapturedHeaders(Vec<(HeaderName, String)>);

const MAX_VALUE_BYTES: usize = 256;
const MAX_VALUES: usize = 16;

/// Headers that contain only secrets.
const SECRET_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
];

// === impl CapturedHeaders ===

impl CapturedHeaders {
    /// Adds a header. `prefix` is the name of its attribute without the name of the header.
    pub(crate) fn add(&mut self, prefix: &str, header: HeaderName) {
        let attribute = format!("{prefix}{header}");
        self.0.push((header, attribute));
    }

    /// Returns an error if one of the headers is a secret.
    pub(crate) fn reject_secrets(&self, setting: &str) -> Result<(), ConfigError> {
        let secret = self
            .0
            .iter()
            .find(|(name, _)| SECRET_HEADERS.contains(name));
        secret.map_or(Ok(()), |(name, _)| {
            let reason =
                format!("`{name}` contains a secret; to record it, set `secret_{setting}`");
            Err(ConfigError::new(setting, reason))
        })
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Adds the headers that are present to `attributes`, without values marked as sensitive.
    pub(crate) fn record(&self, headers: &HeaderMap, attributes: &mut Vec<Attribute>) {
        for (name, attribute) in &self.0 {
            let values = headers.get_all(name).iter().take(MAX_VALUES);
            let texts: Box<[SharedStr]> = values
                .filter(|value| !value.is_sensitive())
                .filter_map(|value| value.to_str().ok())
                .map(|value| SharedStr::new(truncate_str(value, MAX_VALUE_BYTES)))
                .collect();
            if !texts.is_empty() {
                attributes.push((attribute.clone().into(), Value::StringArray(texts)));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
