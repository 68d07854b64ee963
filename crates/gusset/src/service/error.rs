//! Why a service did not start or did not end cleanly.

use std::error::Error as StdError;
use std::{fmt, io};

use gusset_core::ConfigError;
use gusset_data::ErrorChain;
use gusset_health::StartError;
use gusset_prometheus::SetGlobalRecorderError;

use crate::InstallError;

/// The reason why a service did not start, or did not end cleanly.
///
/// `main` can return it: its `Debug` text, which Rust then prints, is its message and those of its causes.
/// The exit code is then 1.
///
/// ```
/// let invalid = |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_PORT").then(|| "http".to_owned());
/// let error = gusset::builder().without_health().build_with(invalid).unwrap_err();
/// assert_eq!(
///     format!("{error:?}"),
///     "`OTEL_EXPORTER_PROMETHEUS_PORT`: `http` is not a port number",
/// );
/// ```
pub struct Error(Kind);

enum Kind {
    Config(ConfigError),
    Subscriber(InstallError),
    Recorder(SetGlobalRecorderError),
    Health(StartError),
    /// The service cannot listen, for example.
    Io(io::Error),
    Server(Box<dyn StdError + Send + Sync>),
    /// The numbers of requests by route.
    Unfinished(Vec<(String, usize)>),
    NotFlushed,
}

// === impl Error ===

impl Error {
    pub(super) fn server(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self(Kind::Server(error))
    }

    /// Returns the error with another error about a setting.
    #[cfg(any(feature = "config-file", feature = "serde"))]
    pub(super) fn map_config(self, change: impl FnOnce(ConfigError) -> ConfigError) -> Self {
        match self.0 {
            Kind::Config(error) => Self(Kind::Config(change(error))),
            kind => Self(kind),
        }
    }

    pub(super) fn unfinished(requests: Vec<(String, usize)>) -> Self {
        Self(Kind::Unfinished(requests))
    }

    pub(super) fn not_flushed() -> Self {
        Self(Kind::NotFlushed)
    }

    /// Returns the number of unfinished requests for each route that has any, if they are the reason.
    pub fn unfinished_requests(&self) -> &[(String, usize)] {
        match &self.0 {
            Kind::Unfinished(requests) => requests,
            _ => &[],
        }
    }

    /// Returns the invalid setting or environment variable, if one is the reason.
    pub fn setting(&self) -> Option<&str> {
        match &self.0 {
            Kind::Config(error) => Some(error.setting()),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Config(error) => error.fmt(f),
            Kind::Subscriber(error) => {
                write!(f, "{error}, or use `gusset::builder().build()`, which installs none")
            }
            Kind::Recorder(error) => {
                write!(f, "{error}; use `gusset::builder().build()`, which installs none")
            }
            Kind::Health(error) => write!(
                f,
                "health cannot start: {error}; set up inside of the Tokio runtime, or use `without_health`"
            ),
            Kind::Io(error) => error.fmt(f),
            Kind::Server(_) => f.write_str("the server failed"),
            Kind::Unfinished(requests) => {
                f.write_str("requests were still in flight at the deadline: ")?;
                for (at, (route, count)) in requests.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    write!(f, "{separator}{route}: {count}")?;
                }
                Ok(())
            }
            Kind::NotFlushed => f.write_str(
                "functions that flush at the end panicked, or were not complete before the deadline",
            ),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&ErrorChain::new(self), f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The message of the others has that of the error, so their source is the next one.
        match &self.0 {
            Kind::Server(error) => Some(&**error),
            Kind::Config(error) => error.source(),
            Kind::Subscriber(error) => error.source(),
            Kind::Recorder(error) => error.source(),
            Kind::Health(error) => error.source(),
            Kind::Io(error) => error.source(),
            Kind::Unfinished(_) | Kind::NotFlushed => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self(Kind::Config(error))
    }
}

impl From<InstallError> for Error {
    fn from(error: InstallError) -> Self {
        Self(Kind::Subscriber(error))
    }
}

impl From<SetGlobalRecorderError> for Error {
    fn from(error: SetGlobalRecorderError) -> Self {
        Self(Kind::Recorder(error))
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self(Kind::Health(error))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self(Kind::Io(error))
    }
}
