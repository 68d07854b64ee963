//! One run of a check, with a timeout and without panics.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::CheckResult;
use crate::contained::Contained;

/// The future of one run.
pub(super) type RunFuture = Pin<Box<dyn Future<Output = CheckResult> + Send>>;
/// Starts a run.
pub(super) type RunFn = Arc<dyn Fn() -> RunFuture + Send + Sync>;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunOutcome {
    Finished,
    TimedOut,
    Panicked,
}

/// Runs a check once. Its future has been dropped when this returns.
pub(super) async fn run_once(run: &RunFn, limit: Duration) -> (CheckResult, RunOutcome) {
    let mut future = Contained::new(|| run());
    match timeout(limit, &mut future).await {
        Ok(Some(result)) => (result, RunOutcome::Finished),
        Ok(None) => panicked(),
        Err(_) if future.finish() => (
            CheckResult::down(format!("timed out after {limit:?}")),
            RunOutcome::TimedOut,
        ),
        Err(_) => panicked(),
    }
}

fn panicked() -> (CheckResult, RunOutcome) {
    (
        CheckResult::down("the check panicked"),
        RunOutcome::Panicked,
    )
}
