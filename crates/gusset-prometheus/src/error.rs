use std::error::Error;
use std::fmt;

/// The process already has a global metrics recorder.
///
/// Returned by [`PrometheusExporter::install_global`](crate::PrometheusExporter::install_global).
#[derive(Debug)]
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

impl Error for SetGlobalRecorderError {}
