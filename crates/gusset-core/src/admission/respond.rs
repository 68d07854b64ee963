//! The outcome of a rejected call for its client.

/// Turns a rejection into the result of the call: an error of the service's own type or a response.
///
/// ```
/// use gusset_core::Rejected;
/// use gusset_core::admission::{IntoServiceError, Respond};
///
/// type Error = Box<dyn std::error::Error + Send + Sync>;
/// let answer: Result<u32, Error> = IntoServiceError::default().respond(Rejected::new("breaker"));
/// assert_eq!(answer.unwrap_err().to_string(), "rejected by breaker");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not turn a rejected call into a `{Res}` or a `{E}`",
    label = "needs a response or an error for a `{Rejection}`",
    note = "respond to rejected calls: `layer.respond_with(|rejection| …)` returns a response",
    note = "or fail them: the error of the service has to be `From<{Rejection}>`, as `BoxError` is; `.map_err(BoxError::from)` inside the layer makes it one, and axum's `HandleErrorLayer` outside turns it into a response"
)]
pub trait Respond<Rejection, Res, E> {
    /// Returns the result of a rejected call.
    ///
    /// # Errors
    /// The rejection as an error of the service.
    fn respond(&self, rejection: Rejection) -> Result<Res, E>;
}

/// Fails a rejected call with the service's own error type, which has to be `From` the rejection.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct IntoServiceError;

/// Answers a rejected call with a response that a function creates from the rejection.
#[derive(Clone, Copy, Debug)]
pub struct RespondWith<F>(pub(super) F);

// Otherwise the compiler reports the missing `From`, which is not what most users can add.
#[diagnostic::do_not_recommend]
impl<Rejection, Res, E: From<Rejection>> Respond<Rejection, Res, E> for IntoServiceError {
    fn respond(&self, rejection: Rejection) -> Result<Res, E> {
        Err(rejection.into())
    }
}

impl<Rejection, Res, E, F: Fn(Rejection) -> Res> Respond<Rejection, Res, E> for RespondWith<F> {
    fn respond(&self, rejection: Rejection) -> Result<Res, E> {
        Ok((self.0)(rejection))
    }
}
