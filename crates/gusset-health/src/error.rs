//! Configuration that cannot be used.

use std::fmt;

/// Configuration that cannot be used. Names the field at fault.
///
/// ```
/// use std::time::Duration;
/// use gusset_health::{Check, Health};
///
/// let error = Health::builder()
///     .inform(Check::new("db", async || ()).timeout(Duration::ZERO))
///     .build()
///     .unwrap_err();
/// assert_eq!(error.field(), "checks.db.timeout");
/// ```
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

    /// The field at fault: the setter that bears its name, after the check that it was called on.
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
