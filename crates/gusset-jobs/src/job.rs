//! The settings of one job.

use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{ObserveLayer, ObservedOperation, Observer, Operations};
use tokio::task::JoinHandle;

use crate::Jobs;
use crate::metrics::JobMetrics;
use crate::schedule::Schedule;
use crate::state::JobState;

/// Longer times are cut, so that no point in time is out of the clock's range: ten years.
const MAX_TIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Configures and spawns a job. Created by [`Jobs::job`].
///
/// | setting | default |
/// |---|---|
/// | [`every`](Self::every) | 1 h |
/// | [`start_after`](Self::start_after) | 0: the first run starts at once |
/// | [`overdue_after`](Self::overdue_after) | two intervals |
/// | [`max_runs`](Self::max_runs) | 1: a run that is due while another is in progress is skipped |
/// | [`until`](Self::until) | never |
#[must_use = "a job runs only after `spawn`"]
pub struct JobBuilder<O> {
    jobs: Jobs,
    name: &'static str,
    operation: ObservedOperation<O>,
    every: Duration,
    start_after: Duration,
    overdue_after: Option<Duration>,
    max_runs: usize,
    until: Pin<Box<dyn Future<Output = ()> + Send>>,
}

// === impl Jobs ===

impl Jobs {
    /// Returns the builder of a job. Its runs are operations of this name, observed by `observers`.
    ///
    /// The name is a label value.
    pub fn job<O: Observer<Operations>>(
        &self,
        name: &'static str,
        observers: &ObserveLayer<Operations, O>,
    ) -> JobBuilder<O> {
        JobBuilder::new(self.clone(), name, observers.operation(name))
    }
}

// === impl JobBuilder ===

impl<O: Observer<Operations>> JobBuilder<O> {
    pub(crate) fn new(jobs: Jobs, name: &'static str, operation: ObservedOperation<O>) -> Self {
        Self {
            jobs,
            name,
            operation,
            every: Duration::from_secs(60 * 60),
            start_after: Duration::ZERO,
            overdue_after: None,
            max_runs: 1,
            until: Box::pin(pending()),
        }
    }

    /// Sets the time from the start of one run to the start of the next. At least 1 ms. Defaults to 1 h.
    pub fn every(mut self, interval: Duration) -> Self {
        // A timer of Tokio has this resolution, and panics at zero.
        self.every = interval.clamp(Duration::from_millis(1), MAX_TIME);
        self
    }

    /// Sets how long after [`spawn`](Self::spawn) the first run starts. Defaults to 0.
    pub fn start_after(mut self, delay: Duration) -> Self {
        self.start_after = delay.min(MAX_TIME);
        self
    }

    /// Sets the age of the last success from which the job is overdue. Defaults to two intervals, so that one run
    /// may fail. Before the first success, the age is that of the schedule.
    pub fn overdue_after(mut self, age: Duration) -> Self {
        self.overdue_after = Some(age.min(MAX_TIME));
        self
    }

    /// Sets how many runs may be in progress at once. At least 1. Defaults to 1.
    ///
    /// A run that is due while this number is in progress is skipped and counted, so a job that hangs cannot pile up.
    pub fn max_runs(mut self, runs: usize) -> Self {
        self.max_runs = runs.max(1);
        self
    }

    /// Sets a future after which no run starts, for example `Lifecycle::draining`. The runs in progress go on.
    /// Defaults to never.
    pub fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Box::pin(end);
        self
    }

    /// Spawns the schedule on the current runtime. The handle completes after [`until`](Self::until), when the runs
    /// in progress have ended. If it is aborted, they are cancelled.
    ///
    /// Each run is a root span, because no call waits for it. A run that fails or panics is recorded, and the next
    /// one starts when it is due.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn spawn<F, T, R, E>(self, job: F) -> JoinHandle<()>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<R, E>> + Send + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        let recorder = self.jobs.recorder();
        let metrics = recorder.map(|recorder| JobMetrics::new(recorder, self.name));
        let overdue_after = self.overdue_after.unwrap_or(self.every * 2);
        let state = Arc::new(JobState::new(self.name, overdue_after, metrics));
        self.jobs.add(&state);
        let schedule = Schedule {
            state,
            operation: self.operation,
            every: self.every,
            start_after: self.start_after,
            max_runs: self.max_runs,
        };
        tokio::spawn(schedule.run(Arc::new(job), self.until))
    }
}

impl<O> fmt::Debug for JobBuilder<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobBuilder")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
