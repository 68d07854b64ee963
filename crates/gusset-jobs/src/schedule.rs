//! The loop that starts the runs of one job.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{ObservedOperation, Observer, Operations};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::TARGET;
use crate::state::JobState;

/// When a job runs.
pub(crate) struct Schedule<O> {
    pub(crate) state: Arc<JobState>,
    pub(crate) operation: ObservedOperation<O>,
    pub(crate) every: Duration,
    pub(crate) start_after: Duration,
    pub(crate) max_runs: usize,
}

// === impl Schedule ===

impl<O: Observer<Operations>> Schedule<O> {
    pub(crate) async fn run<F, T, R, E>(
        self,
        job: Arc<F>,
        mut until: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<R, E>> + Send + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        let state = &self.state;
        let mut due = Instant::now() + self.start_after;
        let mut runs = JoinSet::new();
        let mut was_overdue = false;
        loop {
            let overdue_at = state.overdue_at();
            tokio::select! {
                biased;
                () = &mut until => break,
                // Also how a success is noticed, after which the job is overdue later.
                Some(_) = runs.join_next() => {}
                () = sleep_until(due) => {
                    self.start_due(&mut due, &mut runs, &job);
                }
                () = sleep_until(overdue_at), if !was_overdue => {}
            }
            let overdue = state.overdue();
            if let (Some(overdue), false) = (&overdue, was_overdue) {
                tracing::warn!(
                    target: TARGET,
                    {
                        gusset.job.name = state.name,
                        gusset.job.since_success = overdue.since_success.as_secs_f64(),
                    },
                    "a job is overdue: its last success is longer ago than allowed"
                );
            }
            was_overdue = overdue.is_some();
        }
        // What is under way is finished; the shutdown of the service has the deadline.
        while runs.join_next().await.is_some() {}
        state.end();
    }

    /// Starts the run that is due, or skips it, and sets when the next one is due.
    fn start_due<F, T, R, E>(&self, due: &mut Instant, runs: &mut JoinSet<()>, job: &Arc<F>)
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<R, E>> + Send + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        // The runtime may have been late by more than an interval: those runs are skipped and not made up for.
        let late = due.elapsed().as_nanos() / self.every.as_nanos();
        let missed = u32::try_from(late).unwrap_or(u32::MAX);
        *due += self.every * missed.saturating_add(1);
        self.state.skip(missed.into());
        if runs.len() >= self.max_runs {
            self.state.skip(1);
            return;
        }
        let (state, job) = (self.state.clone(), job.clone());
        let operation = self.operation.clone();
        runs.spawn(async move {
            let run = state.start();
            // The code of the job runs inside of the operation, from its first line on.
            let result = operation.run(async move { job().await }).await;
            if result.is_ok() {
                run.succeed();
            }
        });
    }
}
