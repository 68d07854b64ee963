//! One run of a check: within its time, and without its panics.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

use super::Run;
use crate::Report;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Finished,
    TimedOut,
    Panicked,
}

/// Runs the check once. Whatever becomes of it, it is dropped when this is ready.
pub(super) async fn attempt(run: &Run, limit: Duration) -> (Report, Ending) {
    let Some(running) = caught(|| run()) else {
        return panicked();
    };
    let mut running = running;
    let polled = poll_fn(|cx| match caught(|| running.as_mut().poll(cx)) {
        Some(Poll::Pending) => Poll::Pending,
        Some(Poll::Ready(report)) => Poll::Ready(Some(report)),
        None => Poll::Ready(None),
    });
    let found = timeout(limit, polled).await;
    // Its destructors are the user's too.
    let dropped = caught(move || drop(running));
    match (found, dropped) {
        (Ok(None), _) | (_, None) => panicked(),
        (Ok(Some(report)), _) => (report, Ending::Finished),
        (Err(_), _) => (
            Report::down(format!("no result within {limit:?}")),
            Ending::TimedOut,
        ),
    }
}

fn panicked() -> (Report, Ending) {
    (Report::down("the check panicked"), Ending::Panicked)
}

/// What `run` gives, unless it unwinds. Nothing of it is looked at afterwards, so nothing broken is
/// seen.
fn caught<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // A payload's destructor may panic as well; it is not worth a crash.
            std::mem::forget(payload);
            None
        }
    }
}
