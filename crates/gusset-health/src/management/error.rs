//! Why there is no listener.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::{fmt, io};

/// A [`Management`](crate::Management) listener was not started. The message names the field at
/// fault; [`source`](Error::source) has the system's own error, where there is one.
///
/// ```
/// use gusset_health::{Health, ManagementError};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let other = health.management().port(0).start().expect("a free port");
/// let taken = health.management().port(other.local_addr().port()).start();
/// let error: ManagementError = taken.unwrap_err();
/// assert!(error.to_string().starts_with("`port` cannot be used: cannot listen on 127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ManagementError {
    what: String,
    source: Option<io::Error>,
}

// === impl ManagementError ===

impl ManagementError {
    pub(super) fn exposed(address: IpAddr) -> Self {
        Self {
            what: format!(
                "`address` cannot be used: {address} can be reached from outside, so it takes a \
                 `detail_token`, or `open_to_all`"
            ),
            source: None,
        }
    }

    pub(super) fn path(path: &str) -> Self {
        Self {
            what: format!("`mount` cannot be used: `{path}` is no path, or is that of a probe"),
            source: None,
        }
    }

    pub(super) fn bind(address: SocketAddr, error: io::Error) -> Self {
        Self {
            what: format!("`port` cannot be used: cannot listen on {address}"),
            source: Some(error),
        }
    }

    pub(super) fn system(error: io::Error) -> Self {
        Self {
            what: "the system refused what a listener needs".to_owned(),
            source: Some(error),
        }
    }
}

impl fmt::Display for ManagementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for ManagementError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
