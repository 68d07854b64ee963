//! The background of one check.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use tokio::time::sleep;

use super::attempt::attempt;
use super::{Run, Schedule, Watched};
use crate::Status;

/// Runs a check for ever: one run at a time, the next counted from the end of the last.
pub(crate) async fn run(
    check: Run,
    watched: Arc<Watched>,
    limit: Duration,
    mut schedule: Schedule,
    clock: Clock,
    changed: Arc<tokio::sync::Notify>,
) {
    sleep(schedule.first()).await;
    loop {
        let started = clock.now();
        let found = attempt(&check, limit).await;
        let now = clock.now();
        let bad = !found.0.status().works();
        // Judged before it is known whether the next run is put off; that needs the judgement.
        let down = bad && watched.status(now) == Status::Down;
        let wait = schedule.next(down);
        let took = now.saturating_duration_since(started);
        let (status, news) = watched.observe(now, found, took, schedule.put_off());
        if news {
            tell(&watched, status);
            changed.notify_one();
        }
        watched.publish(now);
        sleep(wait).await;
    }
}

fn tell(watched: &Watched, status: Status) {
    let (check, failures) = (&*watched.name, watched.failures());
    // The report's text may hold what no log should; it is in the details.
    if status.works() {
        tracing::info!(check, %status, "a health check changed");
    } else {
        tracing::warn!(check, %status, failures, "a health check changed");
    }
}
