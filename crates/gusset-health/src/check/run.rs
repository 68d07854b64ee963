//! One run of a check, with a timeout and without panics.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

use crate::CheckResult;

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
    let Some(mut future) = catch(|| run()) else {
        return panicked();
    };
    let polled = poll_fn(|cx| match catch(|| future.as_mut().poll(cx)) {
        Some(Poll::Pending) => Poll::Pending,
        Some(Poll::Ready(result)) => Poll::Ready(Some(result)),
        None => Poll::Ready(None),
    });
    let result = timeout(limit, polled).await;
    // Destructors in the future are user code and may panic too.
    let dropped = catch(move || drop(future));
    match (result, dropped) {
        (Ok(None), _) | (_, None) => panicked(),
        (Ok(Some(result)), _) => (result, RunOutcome::Finished),
        (Err(_), _) => (
            CheckResult::down(format!("timed out after {limit:?}")),
            RunOutcome::TimedOut,
        ),
    }
}

fn panicked() -> (CheckResult, RunOutcome) {
    (
        CheckResult::down("the check panicked"),
        RunOutcome::Panicked,
    )
}

/// Returns the function's result, or `None` if it panics. Unwind safety: the future is not polled
/// again after a panic, so no broken invariant is observed.
fn catch<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // The destructor of the payload may panic as well.
            std::mem::forget(payload);
            None
        }
    }
}
