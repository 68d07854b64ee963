//! Errors of installing something globally.

use std::error::Error;
use std::fmt;

/// The error of installing a second global `tracing` subscriber.
pub struct InstallError {
    source: tracing::dispatcher::SetGlobalDefaultError,
}

// === impl InstallError ===

impl InstallError {
    pub(crate) fn new(source: tracing::dispatcher::SetGlobalDefaultError) -> Self {
        Self { source }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process already has a global `tracing` subscriber; install only one")
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InstallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
