//! Errors of the servers and clients of this field, whose causes are worth a look.

use std::any::Any;
use std::error::Error;

/// The value as an error, if it is of a type that is known to be one: so that a body's time-out is
/// told as such, through axum's and hyper's own errors.
pub(crate) fn error<E: 'static>(error: &E) -> Option<&(dyn Error + 'static)> {
    let error: &dyn Any = error;
    #[cfg(feature = "axum")]
    if let Some(error) = error.downcast_ref::<axum::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return Some(error);
    }
    let _ = error;
    None
}
