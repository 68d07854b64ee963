//! Configuration that cannot be used.

use std::fmt;

/// Configuration that cannot be used. Names the field at fault.
///
/// ```
/// use gusset_breaker::{Breaker, Config};
///
/// let error = Breaker::builder("stock")
///     .config(Config::new().half_open_calls(0))
///     .build()
///     .unwrap_err();
/// assert_eq!(error.field(), "half_open_calls");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    field: &'static str,
    why: String,
}

// === impl ConfigError ===

impl ConfigError {
    pub(crate) fn new(field: &'static str, why: impl fmt::Display) -> Self {
        Self {
            field,
            why: why.to_string(),
        }
    }

    /// The field at fault: the setter that bears its name.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be used: {}", self.field, self.why)
    }
}

impl std::error::Error for ConfigError {}
