//! What this crate itself has to say, to `tracing`.

use std::cell::Cell;
use std::fmt::Display;

/// The target of all that this crate logs.
pub(crate) const TARGET: &str = "gusset::otlp";

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// `OTEL_LOG_LEVEL`: how much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Voice {
    None,
    Error,
    Warn,
    Info,
}

/// This thread exports: what is logged on it, by us or by what we stand on, is not exported, or each
/// export would make the next one.
pub(crate) fn mark_thread() {
    OWN.set(true);
}

pub(crate) fn is_own_thread() -> bool {
    // A thread that is going away is not ours: our sinks are not called from its destructors.
    OWN.try_with(Cell::get).unwrap_or(false)
}

// === impl Voice ===

impl Voice {
    /// What the variable says; nothing for a word that it does not know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let level = match text.to_ascii_lowercase().as_str() {
            "none" | "off" => Self::None,
            "error" | "fatal" => Self::Error,
            "warn" | "warning" => Self::Warn,
            // There is nothing that is said only to the curious.
            "info" | "debug" | "trace" | "all" => Self::Info,
            _ => return None,
        };
        Some(level)
    }

    pub(crate) fn warn(self, what: impl Display) {
        if self >= Self::Warn {
            tracing::warn!(target: TARGET, "{what}");
        }
    }

    pub(crate) fn info(self, what: impl Display) {
        if self >= Self::Info {
            tracing::info!(target: TARGET, "{what}");
        }
    }
}
