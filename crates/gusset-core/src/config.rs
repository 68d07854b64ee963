//! Configuration that cannot be used.

use std::fmt;

/// Configuration that cannot be used: what `build` of every builder gives. Names the field or the
/// environment variable at fault, and shows no value that may be a secret.
///
/// ```
/// use gusset_core::ConfigError;
///
/// let error = ConfigError::new("cardinality_limit", "not from 1 to 100000");
/// assert_eq!(error.setting(), "cardinality_limit");
/// assert_eq!(error.to_string(), "`cardinality_limit`: not from 1 to 100000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    setting: String,
    reason: String,
}

// === impl ConfigError ===

impl ConfigError {
    /// That field, and why not.
    pub fn new(setting: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self {
            setting: setting.into(),
            reason: reason.to_string(),
        }
    }

    /// The field or the environment variable at fault: the setter that bears its name, after what it was
    /// called on.
    pub fn setting(&self) -> &str {
        &self.setting
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.setting, self.reason)
    }
}

impl std::error::Error for ConfigError {}
