//! Error types of axum, hyper and hyper-util, whose causes classify a failure.

use std::any::Any;
use std::error::Error;

/// Returns the value as an error if it has one of these types, so that the time-out inside it is
/// found.
pub(crate) fn as_error<E: 'static>(value: &E) -> Option<&(dyn Error + 'static)> {
    let value: &dyn Any = value;
    #[cfg(feature = "axum")]
    if let Some(error) = value.downcast_ref::<axum::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = value.downcast_ref::<hyper::Error>() {
        return Some(error);
    }
    #[cfg(feature = "hyper")]
    if let Some(error) = value.downcast_ref::<hyper_util::client::legacy::Error>() {
        return Some(error);
    }
    let _ = value;
    None
}
