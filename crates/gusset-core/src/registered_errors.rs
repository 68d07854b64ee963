//! The error types of services that neither a protocol nor the standard library knows.

use std::any::{Any, TypeId};
use std::error::Error;
use std::sync::{PoisonError, RwLock};

use crate::panic_counter::caught;

/// Returns a value of one type as an error.
type ErrorView = dyn Fn(&dyn Any) -> Option<&(dyn Error + 'static)> + Send + Sync;

/// The registered types, of which a program has a few.
static REGISTERED: RwLock<Vec<(TypeId, &'static ErrorView)>> = RwLock::new(Vec::new());

/// Registers an error type of services for the whole process, so that `error.type`, `exception.message`,
/// rejections and circuit breakers find its causes.
///
/// It is needed only for a type that a service or a body returns without a box: a service's error need not
/// implement `Error`, so the layers cannot know whether it does. Types that are known already are in
/// [`Failure::as_error`](crate::Failure::as_error). The first function for a type is kept. Costs memory for
/// each type, and a lock for each call that fails with an unknown type.
///
/// ```
/// use gusset_core::{Failure, register_error_type};
/// use std::{error::Error, fmt, io};
///
/// #[derive(Debug)]
/// struct PaymentError(io::Error);
/// # impl fmt::Display for PaymentError {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("payment failed") }
/// # }
/// # impl Error for PaymentError {
/// #     fn source(&self) -> Option<&(dyn Error + 'static)> { Some(&self.0) }
/// # }
///
/// register_error_type(|error: &PaymentError| error);
/// let error = PaymentError(io::ErrorKind::TimedOut.into());
/// assert_eq!(Failure::new(&error).error_type().as_str(), "timeout");
/// ```
///
/// One that does not implement `Error` itself, such as `anyhow::Error`, is registered as well:
/// `register_error_type(|error: &anyhow::Error| error.as_ref())`.
pub fn register_error_type<E: 'static>(as_error: fn(&E) -> &(dyn Error + 'static)) {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let id = TypeId::of::<E>();
    if !registered.iter().any(|(known, _)| *known == id) {
        let look_up: Box<ErrorView> = Box::new(move |value| value.downcast_ref().map(as_error));
        // Leaked, because it is kept for the process: no lock is held while it is called.
        registered.push((id, Box::leak(look_up)));
    }
}

/// Returns a value as an error if its type is registered. A panic of the function does not become ours.
#[cold]
pub(crate) fn as_error(value: &dyn Any) -> Option<&(dyn Error + 'static)> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let id = value.type_id();
    let (_, as_error) = *registered.iter().find(|(known, _)| *known == id)?;
    drop(registered);
    caught(|| as_error(value)).flatten()
}
