//! What the end of a call says of the service.

mod func;
mod grpc;
mod http;
mod outcome;
mod retry_after;

use gusset_core::{CallContext, End, Protocol};

pub use self::func::{JudgeFn, judge_fn};
pub use self::grpc::{GrpcHead, JudgeGrpc};
pub use self::http::{HttpHead, JudgeHttp};
pub use self::outcome::JudgeOutcome;
use crate::Ballot;

/// Says what a call votes for, by the head of its response and by its end.
///
/// [`JudgeHttp`] and [`JudgeGrpc`] follow the conventions, [`JudgeOutcome`] the outcome that the
/// protocol gives; [`judge_fn`] makes one of two functions. Must not panic, block or wait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not judge calls of `{P}`",
    label = "not a judge of this protocol",
    note = "`JudgeOutcome` judges every protocol; `judge_fn` makes a judge of two functions"
)]
pub trait Judge<P: Protocol>: Clone + Send + Sync + 'static {
    /// What is kept of the head until the end.
    type Head: Send + 'static;

    /// Keeps of the head what the vote needs.
    fn head(&self, res: P::Response<'_>) -> Self::Head;

    /// The vote. Called once, at the call's true end; `head` is `None` if there was none.
    fn vote(&self, head: Option<Self::Head>, end: &End<'_, P>, cx: &CallContext) -> Ballot;
}
