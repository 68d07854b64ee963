//! The error a call ended with, borrowed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

#[cfg(doc)]
use crate::register_error_type;
use crate::source_chain::find_cause;
use crate::{Rejected, StaticStr, error_type, registered_errors};

type Boxed = Box<dyn Error + 'static>;
type BoxedSend = Box<dyn Error + Send + 'static>;
type BoxedSendSync = Box<dyn Error + Send + Sync + 'static>;
type Shared = Arc<dyn Error + Send + Sync + 'static>;

/// The error that a call failed with, of the service or of its body, borrowed for one hook.
///
/// The service's error type is only required to be `'static`. [`as_error`](Self::as_error) returns it if it is
/// known to be an error, and [`downcast_ref`](Self::downcast_ref) finds known types. Its text may contain
/// secrets and is not bounded: `gusset_data::exception_message` returns what may leave the service.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    cause: Cause<'a>,
    rejection: Option<&'a Rejected>,
}

#[derive(Clone, Copy)]
enum Cause<'a> {
    /// Of a type that may not be an `Error`.
    Any(&'a dyn Any),
    Error(&'a (dyn Error + 'static)),
}

/// The body had more or fewer bytes than its headers declared.
#[derive(Debug)]
struct LengthMismatch;

// === impl Failure ===

impl<'a> Failure<'a> {
    /// Creates a failure from a value of any type. Causes are found if the value is of the wanted type
    /// itself, an `io::Error`, or a boxed or shared error.
    pub fn new<E: 'static>(error: &'a E) -> Self {
        Self {
            cause: Cause::Any(error),
            rejection: None,
        }
    }

    /// Creates a failure from an error; causes are found along its `source()` chain.
    ///
    /// ```
    /// use gusset_core::{Failure, Rejected};
    /// # #[derive(Debug)] struct Shut(Rejected);
    /// # impl std::fmt::Display for Shut {
    /// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("shut") }
    /// # }
    /// # impl std::error::Error for Shut {
    /// #     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> { Some(&self.0) }
    /// # }
    /// let error = Shut(Rejected::new("breaker"));
    /// assert!(Failure::from_error(&error).rejected().is_some());
    /// ```
    pub fn from_error(error: &'a (dyn Error + 'static)) -> Self {
        Self {
            cause: Cause::Error(error),
            rejection: None,
        }
    }

    /// Sets the rejection that an admission future left in its slot.
    pub(crate) fn with_rejection(mut self, rejection: Option<&'a Rejected>) -> Self {
        self.rejection = rejection;
        self
    }

    /// Creates the failure of a body with more or fewer bytes than its headers declared.
    pub fn length_mismatch() -> Self {
        Self::from_error(&LengthMismatch)
    }

    /// Returns the error of this type, searched through boxes and along the `source()` chain.
    ///
    /// ```
    /// use gusset_core::Failure;
    /// use std::{error::Error, io};
    ///
    /// let error: Box<dyn Error + Send + Sync> = io::Error::other("disk").into();
    /// assert!(Failure::new(&error).downcast_ref::<io::Error>().is_some());
    /// ```
    pub fn downcast_ref<T: Error + 'static>(&self) -> Option<&'a T> {
        if let Cause::Any(cause) = self.cause {
            if let Some(found) = cause.downcast_ref::<T>() {
                return Some(found);
            }
        }
        find_cause(self.as_error()?)
    }

    /// Returns the rejection, if the call failed because an admission policy rejected it.
    pub fn rejected(&self) -> Option<&'a Rejected> {
        self.rejection.or_else(|| self.downcast_ref())
    }

    /// Returns OpenTelemetry's `error.type`: one of a fixed set of values, never the error's text.
    ///
    /// | value | cause |
    /// |---|---|
    /// | `timeout` | a time-out of tokio, tower, tower-http, tonic, reqwest, hyper or the system |
    /// | `connection_refused`, `connection_reset`, `connection_aborted`, `address_not_available`, `broken_pipe`, `unexpected_eof` | an `io::Error` of that kind |
    /// | `dns_error` | the name of the server was not resolved |
    /// | `tls_error` | rustls or OpenSSL did not agree with the peer, or do not trust it |
    /// | `request_body` | a client's own request body failed while it was sent |
    /// | `body_length_mismatch` | the body had more or fewer bytes than declared |
    /// | `_OTHER` | anything else |
    ///
    /// The outermost cause that is known decides. Errors without a public type are recognised by their
    /// text, which is compared and not kept.
    pub fn error_type(&self) -> StaticStr {
        match self.as_error() {
            Some(error) if error.is::<LengthMismatch>() => StaticStr::BODY_LENGTH,
            Some(error) => error_type::of_error(error),
            None => StaticStr::OTHER,
        }
    }

    /// Returns the error, or `None` if it is not known to be one.
    ///
    /// Boxed and shared errors are known, `io::Error`, the types that a protocol knows
    /// ([`Protocol::failure`](crate::Protocol::failure)), and those of [`register_error_type`].
    ///
    /// ```
    /// use gusset_core::Failure;
    /// use std::{error::Error, io};
    ///
    /// let boxed: Box<dyn Error + Send + Sync> = io::Error::other("disk").into();
    /// let error = Failure::new(&boxed).as_error().expect("a boxed error");
    /// assert_eq!(error.to_string(), "disk");
    /// assert!(Failure::new(&7).as_error().is_none());
    /// ```
    pub fn as_error(&self) -> Option<&'a (dyn Error + 'static)> {
        let cause = match self.cause {
            Cause::Any(cause) => cause,
            Cause::Error(error) => return Some(error),
        };
        if let Some(boxed) = cause.downcast_ref::<BoxedSendSync>() {
            return Some(&**boxed);
        }
        if let Some(boxed) = cause.downcast_ref::<BoxedSend>() {
            return Some(&**boxed);
        }
        if let Some(boxed) = cause.downcast_ref::<Boxed>() {
            return Some(&**boxed);
        }
        if let Some(shared) = cause.downcast_ref::<Shared>() {
            return Some(&**shared);
        }
        if let Some(shared) = cause.downcast_ref::<Arc<io::Error>>() {
            return Some(&**shared);
        }
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return Some(error);
        }
        registered_errors::as_error(cause)
    }
}

// === impl LengthMismatch ===

impl fmt::Display for LengthMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body does not have the length that its headers declare")
    }
}

impl Error for LengthMismatch {}

impl fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Failure").field(&self.error_type()).finish()
    }
}
