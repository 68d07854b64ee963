//! Classifiers: which completed calls are failures.

mod classify_fn;
mod grpc;
mod http;
mod outcome;
mod retry_after;

use gusset_core::{CallContext, End, Protocol};

pub use self::classify_fn::{ClassifyFn, classify_fn};
pub use self::grpc::{GrpcFailures, GrpcResponseState};
pub use self::http::{HttpFailures, HttpResponseState};
pub use self::outcome::OutcomeFailures;
use crate::CallReport;

/// What a response that is still in progress proves about the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Nothing yet. The call counts when it completes.
    Unknown,
    /// The response headers are good. A half-open call that is still in progress when half-open times out
    /// counts as a success then, so that a response without an end does not keep a breaker open.
    Accepted,
    /// The service responds. A half-open call counts as a success now, so that half-open ends.
    Responding,
    /// The response is a stream without a foreseeable end. The call counts as a success now, in every
    /// state. If it fails later, it also counts as a failure.
    Streaming,
}

/// Classifies the result of a call by its response headers and its completion.
///
/// [`HttpFailures`] and [`GrpcFailures`] follow the conventions of their protocol, and
/// [`OutcomeFailures`] uses the outcome of any protocol. [`classify_fn`] creates a classifier from two
/// functions. Must not block. If it panics, the call is served and its result is not counted; the first
/// panic is logged ([`CircuitBreaker::panics`](crate::CircuitBreaker::panics)).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify calls of `{P}`",
    label = "not a classifier for this protocol",
    note = "`OutcomeFailures` classifies every protocol; `classify_fn` creates a classifier from two functions"
)]
pub trait FailureClassifier<P: Protocol>: Clone + Send + Sync + 'static {
    /// The data of the response headers that `classify` needs.
    type ResponseState: Send + 'static;

    /// Extracts the data from the response headers.
    fn on_response(&self, res: P::Response<'_>) -> Self::ResponseState;

    /// Returns what the response proves after this number of body chunks, up to two. It is zero after
    /// the headers. Defaults to [`Progress::Unknown`].
    #[inline]
    fn progress(&self, _response: &Self::ResponseState, _chunks: u8) -> Progress {
        Progress::Unknown
    }

    /// Returns the result of the call. Called once, when the call completes.
    ///
    /// `response` is `None` if there were no response headers.
    fn classify(
        &self,
        response: Option<Self::ResponseState>,
        end: &End<'_, P>,
        cx: &CallContext,
    ) -> CallReport;
}
