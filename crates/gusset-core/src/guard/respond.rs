//! What a refused call gets.

/// Turns a refusal into what the caller gets: an error of the service's own type, or a response.
///
/// ```
/// use gusset_core::Refused;
/// use gusset_core::guard::{AsError, Respond};
///
/// type Error = Box<dyn std::error::Error + Send + Sync>;
/// let answer: Result<u32, Error> = AsError::default().respond(Refused::new("breaker"));
/// assert_eq!(answer.unwrap_err().to_string(), "refused by breaker");
/// ```
pub trait Respond<Refusal, Res, E> {
    /// What the caller gets.
    ///
    /// # Errors
    /// The refusal as an error of the service.
    fn respond(&self, refusal: Refusal) -> Result<Res, E>;
}

/// Fails a refused call with the service's own error type, which has to be `From` the refusal.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AsError;

/// Answers a refused call with a response that a function makes of the refusal.
#[derive(Clone, Copy, Debug)]
pub struct RespondWith<F>(pub(super) F);

impl<Refusal, Res, E: From<Refusal>> Respond<Refusal, Res, E> for AsError {
    fn respond(&self, refusal: Refusal) -> Result<Res, E> {
        Err(refusal.into())
    }
}

impl<Refusal, Res, E, F: Fn(Refusal) -> Res> Respond<Refusal, Res, E> for RespondWith<F> {
    fn respond(&self, refusal: Refusal) -> Result<Res, E> {
        Ok((self.0)(refusal))
    }
}
