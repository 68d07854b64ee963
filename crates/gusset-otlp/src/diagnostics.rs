//! Logging by this crate, and the suppression of telemetry about exports.

use std::cell::Cell;
use std::fmt::Display;

use gusset_core::PanicCounter;

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

/// Logs. The subscriber is user code, and its panic would end the exports.
pub(crate) fn contain(log: impl FnOnce()) {
    static PANICS: PanicCounter = PanicCounter::new();
    // Not logged, because the subscriber would receive it. The panic hook has reported it.
    let _ = PANICS.catch(log, || ());
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
            contain(|| tracing::warn!(target: TARGET, "{message}"));
        }
    }

    /// Logs an info entry, if the level allows it.
    pub(crate) fn info(self, message: impl Display) {
        if self >= Self::Info {
            contain(|| tracing::info!(target: TARGET, "{message}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    struct Panicking;

    impl Subscriber for Panicking {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {
            panic!("on purpose");
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn panic_of_the_subscriber_does_not_end_the_exports() {
        tracing::subscriber::with_default(Panicking, || {
            SdkLogLevel::Info.warn("the receiver refuses the batch");
            SdkLogLevel::Info.info("exports succeed again");
        });
    }
}
