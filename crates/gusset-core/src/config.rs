//! Configuration that cannot be used.

use std::fmt;

/// Configuration that cannot be used: what `build` of every builder gives. Names the field or the
/// environment variable at fault, and shows no value that may be a secret.
///
/// ```
/// use gusset_core::ConfigError;
///
/// let error = ConfigError::new("series_limit", "not from 1 to 100000");
/// assert_eq!(error.field(), "series_limit");
/// assert_eq!(error.to_string(), "`series_limit` cannot be used: not from 1 to 100000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    field: String,
    why: String,
}

// === impl ConfigError ===

impl ConfigError {
    /// That field, and why not.
    pub fn new(field: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            field: field.into(),
            why: why.to_string(),
        }
    }

    /// The field or the environment variable at fault: the setter that bears its name, after what it was
    /// called on.
    pub fn field(&self) -> &str {
        &self.field
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be used: {}", self.field, self.why)
    }
}

impl std::error::Error for ConfigError {}
