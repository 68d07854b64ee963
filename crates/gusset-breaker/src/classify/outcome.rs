use gusset_core::{CallContext, End, Outcome, Protocol};

use super::FailureClassifier;
use crate::{CallReport, CallResult};

/// Classifies calls of any protocol by their outcome.
///
/// A server error is a failure, a client error is a success. A cancelled call and one that was
/// rejected by another admission are ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutcomeFailures;

// === impl OutcomeFailures ===

impl<P: Protocol> FailureClassifier<P> for OutcomeFailures {
    type ResponseState = ();

    #[inline]
    fn on_response(&self, _: P::Response<'_>) {}

    #[inline]
    fn classify(&self, _: Option<()>, _: &End<'_, P>, cx: &CallContext) -> CallReport {
        from_outcome(cx.outcome()).into()
    }
}

pub(super) fn from_outcome(outcome: Option<Outcome>) -> CallResult {
    match outcome {
        Some(Outcome::Success | Outcome::ClientError) => CallResult::Success,
        Some(Outcome::ServerError) => CallResult::Failure,
        _ => CallResult::Ignored,
    }
}
