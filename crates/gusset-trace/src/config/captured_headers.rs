//! Headers that are recorded on spans.

use gusset_data::{Attribute, Redaction, SharedStr, Value};
use gusset_http::truncate_str;
use http::{HeaderMap, HeaderName, header};

use crate::ConfigError;

/// The headers to record.
#[derive(Clone, Debug, Default)]
pub(crate) struct CapturedHeaders(Vec<CapturedHeader>);

#[derive(Clone, Debug)]
struct CapturedHeader {
    name: HeaderName,
    attribute: String,
    /// Whether its secrets are wanted.
    is_secret: bool,
}

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
        self.0.push(CapturedHeader {
            name: header,
            attribute,
            is_secret: false,
        });
    }

    /// Returns an error if one of the headers is a secret.
    pub(crate) fn reject_secrets(&self, setting: &str) -> Result<(), ConfigError> {
        let secret = self
            .0
            .iter()
            .find(|header| SECRET_HEADERS.contains(&header.name));
        secret.map_or(Ok(()), |CapturedHeader { name, .. }| {
            let reason =
                format!("`{name}` contains a secret; to record it, set `secret_{setting}`");
            Err(ConfigError::new(setting, reason))
        })
    }

    /// Adds headers whose secrets are wanted.
    pub(crate) fn append_secret(&mut self, other: Self) {
        let secret = |header| CapturedHeader {
            is_secret: true,
            ..header
        };
        self.0.extend(other.0.into_iter().map(secret));
    }

    /// Adds the headers that are present to `attributes`, without values marked as sensitive.
    pub(crate) fn record(
        &self,
        headers: &HeaderMap,
        redaction: &Redaction,
        attributes: &mut Vec<Attribute>,
    ) {
        for header in &self.0 {
            let CapturedHeader {
                name,
                attribute,
                is_secret,
            } = header;
            let values = headers.get_all(name).iter().take(MAX_VALUES);
            let texts: Box<[SharedStr]> = values
                .filter(|value| !value.is_sensitive())
                .filter_map(|value| value.to_str().ok())
                .map(|value| SharedStr::new(truncate_str(value, MAX_VALUE_BYTES)))
                .collect();
            if !texts.is_empty() {
                let mut value = Value::StringArray(texts);
                if !is_secret {
                    value = redaction.redact_value(name.as_str(), value);
                }
                attributes.push((attribute.clone().into(), value));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
