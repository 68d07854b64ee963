//! A layer that cannot be put together.

use std::error::Error;
use std::fmt;

/// A layer that cannot be put together: a field or an environment variable is at fault, and the
/// text names it.
#[derive(Debug)]
pub struct BuildError {
    source: Box<dyn Error + Send + Sync>,
}

// === impl BuildError ===

impl BuildError {
    #[cfg(any(feature = "log", feature = "prometheus", feature = "trace"))]
    pub(crate) fn new(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: Box::new(source),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// A page was given, and what it is to say of its origin too.
#[cfg(feature = "prometheus")]
#[derive(Debug)]
pub(crate) struct TwoResources;

#[cfg(feature = "prometheus")]
impl fmt::Display for TwoResources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`resource` cannot be used: the page that `prometheus` was given has its own")
    }
}

#[cfg(feature = "prometheus")]
impl Error for TwoResources {}

/// The process has a subscriber of events and spans already.
#[cfg(feature = "signals")]
#[derive(Debug)]
pub struct InstallError {
    source: tracing::dispatcher::SetGlobalDefaultError,
}

#[cfg(feature = "signals")]
impl InstallError {
    pub(crate) fn new(source: tracing::dispatcher::SetGlobalDefaultError) -> Self {
        Self { source }
    }
}

#[cfg(feature = "signals")]
impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process has a subscriber of `tracing` already; install one, and not here")
    }
}

#[cfg(feature = "signals")]
impl Error for InstallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
