//! Handles of series that are registered when they are first used.

use std::sync::OnceLock;

/// Returns the handle in a cell, and registers it if there is none.
///
/// The recorder is user code, so it is not called by `get_or_init`: a recorder that panics, waits, or makes
/// an observed call itself would do so inside of the cell's lock. Threads that race register the same series.
#[cold]
#[inline(never)]
pub(crate) fn registered<T>(cell: &OnceLock<T>, register: impl FnOnce() -> T) -> &T {
    let handle = register();
    cell.get_or_init(|| handle)
}
