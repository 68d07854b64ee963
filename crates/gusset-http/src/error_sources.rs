//! Error types of libraries, whose causes classify a failure.
//!
//! A service whose error is boxed needs none of this: the causes of a boxed error are found.

use std::any::Any;
use std::error::Error;

/// Returns the value as an error if it has one of these types, so that the time-out inside it is
/// found.
pub(crate) fn as_error<E: 'static>(value: &E) -> Option<&(dyn Error + 'static)> {
    let value: &dyn Any = value;
    None.or_else(|| axum_error(value))
        .or_else(|| hyper_error(value))
        .or_else(|| tonic_error(value))
        .or_else(|| reqwest_error(value))
}

/// Makes a function that returns a value as an error if it has one of these types.
macro_rules! errors_of {
    ($name:ident, $feature:literal, [$($error:ty),+]) => {
        #[cfg(feature = $feature)]
        fn $name(value: &dyn Any) -> Option<&(dyn Error + 'static)> {
            $(
                if let Some(error) = value.downcast_ref::<$error>() {
                    return Some(error);
                }
            )+
            None
        }

        #[cfg(not(feature = $feature))]
        fn $name(_: &dyn Any) -> Option<&(dyn Error + 'static)> {
            None
        }
    };
}

errors_of!(axum_error, "axum", [axum::Error]);
errors_of!(
    hyper_error,
    "hyper",
    [
        hyper::Error,
        hyper_util::client::legacy::Error,
        tokio::time::error::Elapsed
    ]
);
errors_of!(
    tonic_error,
    "tonic",
    [tonic::Status, tonic::transport::Error]
);
errors_of!(reqwest_error, "reqwest", [reqwest::Error]);
