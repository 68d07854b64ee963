//! The line that tells of lost ones.

use tracing::field::Visit;
use tracing::{Level, Metadata};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;

use crate::counters::PerLevel;
use crate::layer::Shared;

/// The event that it is, made by hand: it comes from the thread that writes, and nobody else wants it.
static METADATA: Metadata<'static> = Metadata::new(
    "lines lost",
    "gusset::log",
    Level::WARN,
    None,
    None,
    None,
    FieldSet::new(
        &["message", "error", "warn", "info", "debug", "trace"],
        identify_callsite!(&CALLSITE),
    ),
    Kind::EVENT,
);
static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);

/// So many lines were lost, of each level.
pub(crate) fn line(shared: &Shared, lines: PerLevel) -> Vec<u8> {
    shared.line(&METADATA, &|visit: &mut dyn Visit| {
        for (at, field) in METADATA.fields().iter().enumerate() {
            match at.checked_sub(1) {
                None => {
                    let sum: u64 = lines.iter().sum();
                    visit.record_debug(&field, &format_args!("{sum} lines of the log were lost"));
                }
                Some(level) if lines[level] > 0 => visit.record_u64(&field, lines[level]),
                Some(_) => {}
            }
        }
    })
}
