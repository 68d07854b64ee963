//! Why there is no listener.

use std::error::Error;
use std::{fmt, io};

/// A [`Listener`](crate::Listener) was not started. The message names the variable or the field at
/// fault; [`source`](Error::source) has the system's own error, where there is one.
#[derive(Debug)]
pub struct ListenError {
    what: String,
    source: Option<io::Error>,
}

// === impl ListenError ===

impl ListenError {
    pub(super) fn port(variable: &str, text: &str) -> Self {
        Self {
            what: format!("{variable}: `{text}` is not a port number"),
            source: None,
        }
    }

    pub(super) fn resolve(field: &str, host: &str, error: io::Error) -> Self {
        Self {
            what: format!("{field}: `{host}` is neither an address nor a name that has one"),
            source: Some(error),
        }
    }

    pub(super) fn bind(host: &str, port: u16, error: io::Error) -> Self {
        Self {
            what: format!("cannot listen on host `{host}`, port {port}"),
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

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for ListenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
