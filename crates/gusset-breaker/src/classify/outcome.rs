use gusset_core::{CallContext, End, Outcome, Protocol, Stage, StaticStr};
use gusset_http::GrpcCode;

use super::FailureClassifier;
use crate::{CallReport, CallResult};

/// Classifies calls of any protocol by their outcome.
///
/// A server error is a failure, a client error is a success. If the client has discarded the body, the
/// status decides; without a known status the call is a success. Any other cancelled call and one that
/// was rejected by another admission are ignored, and so is a client's call whose own request body failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutcomeFailures;

// === impl OutcomeFailures ===

impl<P: Protocol> FailureClassifier<P> for OutcomeFailures {
    type ResponseState = ();

    #[inline]
    fn on_response(&self, _: P::Response<'_>) {}

    #[inline]
    fn classify(&self, response: Option<()>, end: &End<'_, P>, cx: &CallContext) -> CallReport {
        let outcome = cx.outcome();
        if outcome == Some(Outcome::Cancelled) && matches!(end, End::Cancelled(Stage::Body)) {
            return from_discarded(response, cx).into();
        }
        if is_own_upload(cx) {
            return CallResult::Ignored.into();
        }
        from_outcome(outcome).into()
    }
}

/// Returns whether a client's own request body failed, which proves nothing about the remote service.
pub(super) fn is_own_upload(cx: &CallContext) -> bool {
    cx.outcome() == Some(Outcome::ClientError) && cx.error_type() == Some(StaticStr::REQUEST_BODY)
}

pub(super) fn from_outcome(outcome: Option<Outcome>) -> CallResult {
    match outcome {
        Some(Outcome::Success | Outcome::ClientError) => CallResult::Success,
        Some(Outcome::ServerError) => CallResult::Failure,
        _ => CallResult::Ignored,
    }
}

/// Returns the result of a call whose body the client has discarded.
#[cold]
fn from_discarded(response: Option<()>, cx: &CallContext) -> CallResult {
    let is_failure = |status: gusset_core::StaticStr| {
        let text = status.as_str();
        let is_http = text.len() == 3 && text.starts_with('5');
        is_http || GrpcCode::from_name(status).is_some_and(GrpcCode::is_server_error)
    };
    match response {
        None => CallResult::Ignored,
        Some(()) if cx.status().is_some_and(is_failure) => CallResult::Failure,
        Some(()) => CallResult::Success,
    }
}
