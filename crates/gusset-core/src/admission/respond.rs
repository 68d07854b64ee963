//! What a refused call gets.

/// Turns a refusal into what the caller gets: an error of the service's own type, or a response.
///
/// ```
/// use gusset_core::Rejected;
/// use gusset_core::admission::{IntoServiceError, Respond};
///
/// type Error = Box<dyn std::error::Error + Send + Sync>;
/// let answer: Result<u32, Error> = IntoServiceError::default().respond(Rejected::new("breaker"));
/// assert_eq!(answer.unwrap_err().to_string(), "refused by breaker");
/// ```
pub trait Respond<Rejection, Res, E> {
    /// What the caller gets.
    ///
    /// # Errors
    /// The refusal as an error of the service.
    fn respond(&self, refusal: Rejection) -> Result<Res, E>;
}

/// Fails a refused call with the service's own error type, which has to be `From` the refusal.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct IntoServiceError;

/// Answers a refused call with a response that a function makes of the refusal.
#[derive(Clone, Copy, Debug)]
pub struct RespondWith<F>(pub(super) F);

impl<Rejection, Res, E: From<Rejection>> Respond<Rejection, Res, E> for IntoServiceError {
    fn respond(&self, refusal: Rejection) -> Result<Res, E> {
        Err(refusal.into())
    }
}

impl<Rejection, Res, E, F: Fn(Rejection) -> Res> Respond<Rejection, Res, E> for RespondWith<F> {
    fn respond(&self, refusal: Rejection) -> Result<Res, E> {
        Ok((self.0)(refusal))
    }
}
