//! Why a server was not started.

use std::error::Error;
use std::{fmt, io};

use gusset_core::ConfigError;

/// The reason why a management server was not started.
///
/// The message names the setting or the variable; [`source`](Error::source) is the error of the
/// system, if there is one.
pub struct BindError {
    config: ConfigError,
    source: Option<io::Error>,
}

// === impl BindError ===

impl BindError {
    pub(crate) fn resolve(setting: &str, host: &str, error: io::Error) -> Self {
        let reason = format_args!("`{host}` is not an address and cannot be resolved: {error}");
        Self {
            config: ConfigError::new(setting, reason),
            source: Some(error),
        }
    }

    pub(crate) fn bind(setting: &str, host: &str, port: u16, error: io::Error) -> Self {
        let reason = format_args!("cannot listen on host `{host}`, port {port}: {error}");
        Self {
            config: ConfigError::new(setting, reason),
            source: Some(error),
        }
    }

    pub(crate) fn system(error: io::Error) -> Self {
        let reason = format_args!("the system has no thread or runtime for it: {error}");
        Self {
            config: ConfigError::new("start", reason),
            source: Some(error),
        }
    }

    /// Returns the invalid setting or environment variable.
    pub fn setting(&self) -> &str {
        self.config.setting()
    }

    /// Returns the problem with the setting.
    pub fn reason(&self) -> &str {
        self.config.reason()
    }
}

impl From<ConfigError> for BindError {
    fn from(config: ConfigError) -> Self {
        Self {
            config,
            source: None,
        }
    }
}

impl From<BindError> for ConfigError {
    fn from(error: BindError) -> Self {
        error.config
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
