use gusset_core::{CallContext, End, Outcome, Protocol};

use super::Judge;
use crate::{Ballot, Vote};

/// Votes by the outcome that the protocol gives a call, whatever the protocol: the service's faults
/// fail, its caller's do not; a call that was abandoned, or refused further in, says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct JudgeOutcome;

// === impl JudgeOutcome ===

impl<P: Protocol> Judge<P> for JudgeOutcome {
    type Head = ();

    #[inline]
    fn head(&self, _: P::Response<'_>) {}

    #[inline]
    fn vote(&self, _: Option<()>, _: &End<'_, P>, cx: &CallContext) -> Ballot {
        of(cx.outcome()).into()
    }
}

pub(super) fn of(outcome: Option<Outcome>) -> Vote {
    match outcome {
        Some(Outcome::Success | Outcome::ClientError) => Vote::Success,
        Some(Outcome::ServerError) => Vote::Failure,
        // Cancelled; refused by a guard further in, which has its own say.
        _ => Vote::Ignore,
    }
}
