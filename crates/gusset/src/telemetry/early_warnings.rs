//! Warnings that precede the log.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// Keeps the warnings about variables that are read before the log exists, and logs them once it does.
#[derive(Clone, Default)]
pub(super) struct EarlyWarnings(Arc<Mutex<Vec<String>>>);

/// The subscriber that keeps them.
struct Collector(EarlyWarnings);

/// The text of an event: the message, then the fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

// === impl EarlyWarnings ===

impl EarlyWarnings {
    /// Calls a function, and keeps the warnings that gusset's crates log meanwhile.
    pub(super) fn keep<T>(&self, f: impl FnOnce() -> T) -> T {
        let dispatch = Dispatch::new(Collector(self.clone()));
        tracing::dispatcher::with_default(&dispatch, f)
    }

    /// Logs the kept warnings.
    pub(super) fn log(self) {
        // Not under the lock: the subscriber is code of the service.
        let kept = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for warning in kept {
            tracing::warn!(target: "gusset", "{warning}");
        }
    }
}

// === impl Collector ===

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("gusset")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let Self(EarlyWarnings(kept)) = self;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(text.message + &text.fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

// === impl Text ===

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
