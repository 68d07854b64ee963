//! Configuration that cannot be used.

use std::fmt;

/// Configuration with which telemetry would be lost in silence. Names the field or the environment
/// variable at fault, and never holds the value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    field: String,
    why: String,
}

// === impl ConfigError ===

impl ConfigError {
    pub(crate) fn new(field: impl Into<String>, why: impl fmt::Display) -> Self {
        Self {
            field: field.into(),
            why: why.to_string(),
        }
    }

    /// The field or the environment variable at fault.
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
