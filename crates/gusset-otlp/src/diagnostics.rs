//! Logging by this crate, and the suppression of telemetry about exports.

use std::cell::Cell;
use std::fmt::Display;

/// The target of all log entries of this crate.
pub(crate) const TARGET: &str = "gusset::otlp";

thread_local! {
    static SUPPRESSED: Cell<bool> = const { Cell::new(false) };
}

/// The value of `OTEL_LOG_LEVEL`: the lowest severity that this crate logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SdkLogLevel {
    None,
    Error,
    Warn,
    Info,
}

/// Suppresses telemetry that is created on this thread, because the thread exports.
///
/// Otherwise each export would create telemetry for the next one.
pub(crate) fn suppress_on_thread() {
    SUPPRESSED.set(true);
}

/// Returns whether telemetry that is created on this thread is suppressed.
pub(crate) fn is_suppressed() -> bool {
    // The thread-local is gone only while a thread exits. Sinks are not called from destructors of the
    // export threads, so the thread is another one.
    SUPPRESSED.try_with(Cell::get).unwrap_or(false)
}

// === impl SdkLogLevel ===

impl SdkLogLevel {
    /// Parses the value of the variable. Returns `None` for an unknown level.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let level = match text.to_ascii_lowercase().as_str() {
            "none" | "off" => Self::None,
            "error" | "fatal" => Self::Error,
            "warn" | "warning" => Self::Warn,
            // Nothing is logged below `info`.
            "info" | "debug" | "trace" | "all" => Self::Info,
            _ => return None,
        };
        Some(level)
    }

    /// Logs a warning, if the level allows it.
    pub(crate) fn warn(self, message: impl Display) {
        if self >= Self::Warn {
            tracing::warn!(target: TARGET, "{message}");
        }
    }

    /// Logs an info entry, if the level allows it.
    pub(crate) fn info(self, message: impl Display) {
        if self >= Self::Info {
            tracing::info!(target: TARGET, "{message}");
        }
    }
}
