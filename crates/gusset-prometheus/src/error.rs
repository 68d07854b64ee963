use std::error::Error;
use std::fmt;

/// The process already has a global metrics recorder.
///
/// Returned by [`PrometheusExporter::install_global`](crate::PrometheusExporter::install_global).
pub struct SetGlobalRecorderError {
    _private: (),
}

// === impl SetGlobalRecorderError ===

impl SetGlobalRecorderError {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }
}

impl fmt::Display for SetGlobalRecorderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process already has a global metrics recorder")
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for SetGlobalRecorderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for SetGlobalRecorderError {}
