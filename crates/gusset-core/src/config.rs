//! Errors of configuration.

use std::fmt;

/// An invalid setting: the error of every builder's `build`.
///
/// Names the setting and the problem, and shows no value that may be a secret.
///
/// ```
/// use gusset_core::ConfigError;
///
/// let error = ConfigError::new("cardinality_limit", "not from 1 to 100000");
/// assert_eq!(error.setting(), "cardinality_limit");
/// assert_eq!(error.to_string(), "`cardinality_limit`: not from 1 to 100000");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    setting: String,
    reason: String,
}

// === impl ConfigError ===

impl ConfigError {
    /// Creates an error for a setting, with the reason why it is invalid.
    pub fn new(setting: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self {
            setting: setting.into(),
            reason: reason.to_string(),
        }
    }

    /// Returns the invalid setting, as a path of builder methods (`checks.db.timeout`) or an environment
    /// variable.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns the problem with the setting.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.setting, self.reason)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}
