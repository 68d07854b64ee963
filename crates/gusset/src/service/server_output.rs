//! What the future of a server returns.

use std::error::Error as StdError;

/// The boxed error of a server.
type BoxError = Box<dyn StdError + Send + Sync>;

/// What the future of a server may return: nothing, a result, or a tuple of them for several servers.
///
/// It is implemented for what axum's `serve` and tonic's `serve_with_shutdown` return, for a loop over a
/// listener (`()`, or a result with any error), for a task of one, and for what `tokio::join!` makes of
/// them. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a server returns",
    label = "neither `()`, nor a `Result` of it, nor a tuple of them",
    note = "the future of the server should return `()` or `Result<(), E>`"
)]
pub trait ServerOutput: sealed::Sealed {
    /// Returns the error of the server, if it has one.
    ///
    /// # Errors
    /// If the server failed.
    #[doc(hidden)]
    fn into_result(self) -> Result<(), BoxError>;
}

mod sealed {
    pub trait Sealed {}

    pub trait Function {
        type Output;
    }

    impl<T> Function for fn() -> T {
        type Output = T;
    }
}

/// The type `!`, which has no stable name. In edition 2024 it is the output of a loop without an end.
type Never = <fn() -> ! as sealed::Function>::Output;

impl sealed::Sealed for Never {}

impl ServerOutput for Never {
    fn into_result(self) -> Result<(), BoxError> {
        self
    }
}

impl sealed::Sealed for () {}

impl ServerOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T, E> sealed::Sealed for Result<T, E> {}

impl<T: ServerOutput, E: Into<BoxError>> ServerOutput for Result<T, E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)?.into_result()
    }
}

#[cfg(feature = "messaging")]
impl sealed::Sealed for gusset_messaging::WorkerReport {}

/// Messages that were not finished are an error, as requests in flight are.
#[cfg(feature = "messaging")]
impl ServerOutput for gusset_messaging::WorkerReport {
    fn into_result(self) -> Result<(), BoxError> {
        match self.unfinished() {
            [] => Ok(()),
            unfinished => {
                let unfinished = unfinished.join(", ");
                Err(
                    format!("messages were not finished and returned to the queue: {unfinished}")
                        .into(),
                )
            }
        }
    }
}

macro_rules! tuple {
    ($($T:ident)+) => {
        impl<$($T),+> sealed::Sealed for ($($T,)+) {}

        impl<$($T: ServerOutput),+> ServerOutput for ($($T,)+) {
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn into_result(self) -> Result<(), BoxError> {
                let ($($T,)+) = self;
                $($T.into_result()?;)+
                Ok(())
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
