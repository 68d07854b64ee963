//! The error of starting the background tasks.

use std::error::Error;
use std::{fmt, io};

/// The background tasks of a [`Health`](crate::Health) could not be started.
///
/// ```
/// let health = gusset_health::Health::builder().build()?;
/// let error = health.start().unwrap_err();
/// assert_eq!(error.to_string(), "no Tokio runtime is running on this thread");
/// # Ok::<(), gusset_health::ConfigError>(())
/// ```
pub struct StartError {
    message: &'static str,
    source: Option<io::Error>,
}

// === impl StartError ===

impl StartError {
    pub(super) fn no_runtime() -> Self {
        Self {
            message: "no Tokio runtime is running on this thread",
            source: None,
        }
    }

    pub(super) fn already_started() -> Self {
        Self {
            message: "already started",
            source: None,
        }
    }

    pub(super) fn signals(source: io::Error) -> Self {
        Self {
            message: "cannot register signal handlers",
            source: Some(source),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error and its cause.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
