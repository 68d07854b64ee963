//! The suppression of spans about exports: each export would create the next one.

use std::cell::Cell;
use std::mem;

use opentelemetry::Context;

thread_local! {
    static IS_SUPPRESSED: Cell<bool> = const { Cell::new(false) };
}

/// Suppresses the spans of this thread, gusset's and those of OpenTelemetry's API, until it ends.
pub(super) fn suppress_on_thread() {
    IS_SUPPRESSED.set(true);
    // The scope ends with the thread, which does nothing but export.
    mem::forget(Context::enter_telemetry_suppressed_scope());
}

/// Returns whether the spans of this thread are suppressed.
#[inline]
pub(super) fn is_suppressed() -> bool {
    // Not on a thread that exits: those that export call no sink then.
    IS_SUPPRESSED.try_with(Cell::get).unwrap_or(false)
}
