//! Why the background did not start.

use std::error::Error;
use std::{fmt, io};

/// The background of a [`Health`](crate::Health) was not started; the message says why.
///
/// ```
/// let health = gusset_health::Health::builder().build()?;
/// let error = health.start().unwrap_err();
/// assert_eq!(error.to_string(), "there is no Tokio runtime here to run checks on");
/// # Ok::<(), gusset_health::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct StartError {
    what: &'static str,
    source: Option<io::Error>,
}

// === impl StartError ===

impl StartError {
    pub(super) fn no_runtime() -> Self {
        Self {
            what: "there is no Tokio runtime here to run checks on",
            source: None,
        }
    }

    pub(super) fn twice() -> Self {
        Self {
            what: "it was started before",
            source: None,
        }
    }

    pub(super) fn signals(source: io::Error) -> Self {
        Self {
            what: "the signals of the process cannot be had",
            source: Some(source),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
