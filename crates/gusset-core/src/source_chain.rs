//! The causes of an error.

use std::error::Error;
use std::io;
use std::sync::Arc;

/// Returns the first error of this type among `error` and its sources.
pub(crate) fn find_cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    error_causes(error).find_map(|error| error.downcast_ref())
}

/// Returns an error and its causes, from the outermost to the innermost, at most 32.
///
/// Unlike [`Error::source`], it does not skip what an `io::Error` wraps or an `Arc` points to.
///
/// ```
/// use gusset_core::{Rejected, error_causes};
/// use std::io;
///
/// let error = io::Error::other(Rejected::new("stock"));
/// let rejected = error_causes(&error).find_map(|cause| cause.downcast_ref::<Rejected>());
/// assert_eq!(rejected.map(Rejected::rejected_by), Some("stock"));
/// ```
pub fn error_causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    // A chain with a cycle would never end.
    const MAX_DEPTH: usize = 32;
    std::iter::successors(Some(error), |&error| cause_of(error)).take(MAX_DEPTH)
}

/// Returns the cause of an error. The `source()` of an `io::Error` skips the error that it wraps, and
/// that of a pointer skips the error that it points to.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.get_ref() {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    pointee(error).or_else(|| error.source())
}

/// Returns the error that a shared or boxed error points to.
fn pointee<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<Arc<io::Error>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<io::Error>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Arc<dyn Error + Send>>() {
        return Some(&**error);
    }
    let error = error.downcast_ref::<Arc<dyn Error>>()?;
    Some(&**error)
}
