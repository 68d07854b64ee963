//! The error a call ended with, borrowed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;

use crate::{Rejected, StaticStr};

type Boxed = Box<dyn Error + 'static>;
type BoxedSend = Box<dyn Error + Send + 'static>;
type BoxedSendSync = Box<dyn Error + Send + Sync + 'static>;

/// What a call failed with: an error of the service or of its body, borrowed for one hook.
///
/// The service's error type is only asked to be `'static`, so its text is out of reach on purpose
/// (texts hold secrets and have no bound). Known types are found with
/// [`downcast_ref`](Self::downcast_ref).
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    cause: Cause<'a>,
    mark: Option<&'a Rejected>,
}

#[derive(Clone, Copy)]
enum Cause<'a> {
    /// Of a type that may be no `Error`.
    Any(&'a dyn Any),
    Error(&'a (dyn Error + 'static)),
}

/// The body gave more or fewer bytes than its head declared.
#[derive(Debug)]
pub(crate) struct LengthMismatch;

// === impl Failure ===

impl<'a> Failure<'a> {
    /// A failure by a value of any type. What is inside is found where the value is itself what is
    /// looked for, an `io::Error`, or a box of an error.
    pub fn new<E: 'static>(error: &'a E) -> Self {
        Self {
            cause: Cause::Any(error),
            mark: None,
        }
    }

    /// A failure by an error that is known to be one; what is inside is found by its `source()`.
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
    /// assert!(Failure::of(&error).rejected().is_some());
    /// ```
    pub fn of(error: &'a (dyn Error + 'static)) -> Self {
        Self {
            cause: Cause::Error(error),
            mark: None,
        }
    }

    /// With the mark that a guard left aside.
    pub(crate) fn with_mark(mut self, mark: Option<&'a Rejected>) -> Self {
        self.mark = mark;
        self
    }

    /// The body gave more or fewer bytes than its head declared.
    pub fn length_mismatch() -> Self {
        Self::new(&LengthMismatch)
    }

    /// The error, if it is of that type; looked for through boxes and along their `source()` chain.
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

    /// The mark of the guard that refused the call, if that is why it failed.
    pub fn rejected(&self) -> Option<&'a Rejected> {
        self.mark.or_else(|| self.downcast_ref())
    }

    /// The failure as OpenTelemetry's `error.type`: a word from a closed set, never the error's text.
    pub fn error_type(&self) -> StaticStr {
        if let Cause::Any(cause) = self.cause {
            if cause.is::<LengthMismatch>() {
                return StaticStr::BODY_LENGTH;
            }
        }
        match self.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => StaticStr::TIMEOUT,
            Some(io::ErrorKind::ConnectionReset) => StaticStr::new(&"connection_reset"),
            Some(io::ErrorKind::ConnectionRefused) => StaticStr::new(&"connection_refused"),
            Some(io::ErrorKind::ConnectionAborted) => StaticStr::new(&"connection_aborted"),
            Some(io::ErrorKind::BrokenPipe) => StaticStr::new(&"broken_pipe"),
            Some(io::ErrorKind::UnexpectedEof) => StaticStr::new(&"unexpected_eof"),
            _ => StaticStr::OTHER,
        }
    }

    fn as_error(&self) -> Option<&'a (dyn Error + 'static)> {
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
        cause.downcast_ref::<io::Error>().map(|error| error as _)
    }
}

impl fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Failure").field(&self.error_type()).finish()
    }
}

/// The first error of that type among `error` and its sources.
pub(crate) fn find_cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    // A chain that bites its own tail would hold the service for ever.
    const DEEPEST: usize = 32;
    std::iter::successors(Some(error), |&error| cause_of(error))
        .take(DEEPEST)
        .find_map(|error| error.downcast_ref())
}

/// What an error was made of. The `source()` of an `io::Error` skips the error that it wraps.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
