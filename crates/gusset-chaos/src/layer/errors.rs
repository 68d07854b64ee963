//! Errors of the service's own type.

use std::fmt;

use crate::InjectedError;

/// Makes errors of type `E`, or none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no errors of type `{E}`",
    label = "the function returns another type than the error of the service",
    note = "pass a function from `InjectedError` to `{E}` to `ChaosLayer::errors`"
)]
pub trait MakeError<E>: Clone {
    /// Whether it makes errors.
    const CAN_MAKE: bool;

    /// Returns the error for an injected one.
    fn make_error(&self, error: InjectedError) -> Option<E>;
}

/// Makes no errors: that of a layer until [`ChaosLayer::errors`](crate::ChaosLayer::errors) is called.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NoErrors;

/// Makes errors by a function.
#[derive(Clone, Copy)]
pub struct ErrorFn<F>(pub(super) F);

impl<E> MakeError<E> for NoErrors {
    const CAN_MAKE: bool = false;

    fn make_error(&self, _: InjectedError) -> Option<E> {
        None
    }
}

impl<F, E> MakeError<E> for ErrorFn<F>
where
    F: Fn(InjectedError) -> E + Clone,
{
    const CAN_MAKE: bool = true;

    fn make_error(&self, error: InjectedError) -> Option<E> {
        Some((self.0)(error))
    }
}

impl<F> fmt::Debug for ErrorFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorFn")
    }
}
