//! The causes of an error.

use std::error::Error;
use std::io;

/// Returns the first error of this type among `error` and its sources.
pub(crate) fn find_cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    // A chain with a cycle would never end.
    const MAX_DEPTH: usize = 32;
    std::iter::successors(Some(error), |&error| cause_of(error))
        .take(MAX_DEPTH)
        .find_map(|error| error.downcast_ref())
}

/// Returns the cause of an error. The `source()` of an `io::Error` skips the error that it wraps.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
