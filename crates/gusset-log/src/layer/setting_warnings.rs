//! The log entries that warn of variables that are not valid.

use tracing::{Level, Metadata};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;

use super::state::LayerState;

/// The metadata of the entries. They are not events: the layer has no subscriber yet, and its filter may be
/// what is not valid.
static METADATA: Metadata<'static> = Metadata::new(
    "setting ignored",
    "gusset::log",
    Level::WARN,
    None,
    None,
    None,
    FieldSet::new(&["message"], identify_callsite!(&CALLSITE)),
    Kind::EVENT,
);
static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);

// === impl LayerState ===

impl LayerState {
    /// Writes an entry for each warning, or emits an event if the output has no such entries.
    pub(super) fn warn_of_settings(&self, warnings: Vec<String>) {
        for warning in warnings {
            if !self.config.has_output || self.format.is_access_only() {
                tracing::warn!(target: "gusset::log", "{warning}");
                continue;
            }
            let entry = self.encode_synthetic(&METADATA, &|visit| {
                for field in METADATA.fields() {
                    visit.record_str(&field, &warning);
                }
            });
            self.queue.push(Level::WARN, &entry);
        }
    }
}
