//! The background task of one check.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use gusset_data::Redaction;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::run::{RunFn, run_once};
use super::schedule::Schedule;
use super::tracked::TrackedCheck;
use crate::{Status, TARGET};

/// A check and when to run it.
#[derive(Clone)]
pub(crate) struct CheckTask {
    pub(super) run: RunFn,
    pub(super) timeout: Duration,
    pub(super) schedule: Schedule,
    pub(super) check: Arc<TrackedCheck>,
    pub(super) redaction: Arc<Redaction>,
}

// === impl CheckTask ===

impl CheckTask {
    pub(crate) fn check(&self) -> &Arc<TrackedCheck> {
        &self.check
    }

    /// Runs the check forever, one run at a time. The interval starts at the end of a run. Notifies
    /// `changed` after each change of the status.
    pub(crate) async fn run(self, clock: Clock, changed: Arc<Notify>) {
        let Self {
            run,
            timeout,
            mut schedule,
            check,
            redaction,
        } = self;
        check.wait_on().await;
        sleep(schedule.initial_wait()).await;
        loop {
            let started = clock.now();
            let (result, outcome) = run_once(&run, timeout).await;
            let result = (result.redacted(&redaction), outcome);
            let now = clock.now();
            let failed = !result.0.status().is_available();
            // The status before this result: the first failures do not delay the next run yet.
            let is_down = failed && check.status(now) == Status::Down;
            let wait = schedule.next_wait(is_down);
            let duration = now.saturating_duration_since(started);
            let (status, has_changed) =
                check.record(now, result, duration, schedule.backoff_delay());
            if has_changed {
                log_change(&check, status);
                changed.notify_one();
            }
            check.update_metrics(now);
            sleep(wait).await;
        }
    }
}

fn log_change(check: &TrackedCheck, status: Status) {
    let is_available = status.is_available();
    let (check, status, failures) = (&*check.name, status.as_str(), check.failures());
    // Without the message, which may hold secrets such as addresses. Detailed responses show it.
    if is_available {
        tracing::info!(
            target: TARGET,
            { gusset.health.check = check, gusset.health.status = status },
            "the health check `{check}` changed to {status}"
        );
    } else {
        tracing::warn!(
            target: TARGET,
            {
                gusset.health.check = check,
                gusset.health.status = status,
                gusset.health.failures = failures,
            },
            "the health check `{check}` changed to {status}"
        );
    }
}
