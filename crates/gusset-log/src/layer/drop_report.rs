//! The log entry that reports dropped entries.

use tracing::field::Visit;
use tracing::{Level, Metadata};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;

use super::state::LayerState;
use crate::level::PerLevel;

/// The metadata of the entry. It is not an event: it is made on the writer's thread and only for the
/// log that dropped entries.
static METADATA: Metadata<'static> = Metadata::new(
    "log entries dropped",
    "gusset::log",
    Level::WARN,
    None,
    None,
    None,
    // The message, then the levels in the order of `LEVELS`.
    FieldSet::new(
        &["message", "error", "warn", "info", "debug", "trace"],
        identify_callsite!(&CALLSITE),
    ),
    Kind::EVENT,
);
static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);

/// Returns the entry that reports these numbers of dropped entries.
pub(super) fn encode(state: &LayerState, dropped: PerLevel) -> Vec<u8> {
    state.encode_synthetic(&METADATA, &|visit: &mut dyn Visit| {
        for (index, field) in METADATA.fields().iter().enumerate() {
            match index.checked_sub(1) {
                None => {
                    let sum: u64 = dropped.iter().sum();
                    visit.record_debug(&field, &format_args!("{sum} log entries were dropped"));
                }
                Some(level) if dropped[level] > 0 => visit.record_u64(&field, dropped[level]),
                Some(_) => {}
            }
        }
    })
}
