//! What is known of one job.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::metrics::JobMetrics;
use crate::overdue::OverdueJob;

/// The state of one job, shared by its schedule, its runs and its readers.
#[derive(Debug)]
pub(crate) struct JobState {
    pub(crate) name: &'static str,
    overdue_after: Duration,
    metrics: Option<JobMetrics>,
    times: Mutex<Times>,
}

#[derive(Debug)]
struct Times {
    /// The end of the last success, or before it the start of the schedule.
    last_success: Instant,
    running: u32,
    /// Whether the schedule has ended. The job is then never overdue.
    has_ended: bool,
}

/// One run. If it is dropped without its end, the run has panicked or was cancelled.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    state: &'a JobState,
    started: Instant,
    is_success: bool,
}

// === impl JobState ===

impl JobState {
    pub(crate) fn new(
        name: &'static str,
        overdue_after: Duration,
        metrics: Option<JobMetrics>,
    ) -> Self {
        Self {
            name,
            overdue_after,
            metrics,
            times: Mutex::new(Times {
                last_success: Instant::now(),
                running: 0,
                has_ended: false,
            }),
        }
    }

    /// Starts a run.
    pub(crate) fn start(&self) -> Run<'_> {
        let mut times = self.times();
        times.running += 1;
        if let (Some(metrics), true) = (&self.metrics, times.running > 1) {
            metrics.overlapping.increment(1);
        }
        Run {
            state: self,
            started: Instant::now(),
            is_success: false,
        }
    }

    pub(crate) fn skip(&self, runs: u64) {
        if let Some(metrics) = &self.metrics {
            metrics.skipped.increment(runs);
        }
    }

    /// Returns when the job becomes overdue.
    pub(crate) fn overdue_at(&self) -> Instant {
        self.times().last_success + self.overdue_after
    }

    /// Returns the job if it is overdue, and shows it.
    pub(crate) fn overdue(&self) -> Option<OverdueJob> {
        let times = self.times();
        let since_success = times.last_success.elapsed();
        let is_overdue = !times.has_ended && since_success >= self.overdue_after;
        if let Some(metrics) = &self.metrics {
            metrics.overdue.set(f64::from(u8::from(is_overdue)));
        }
        is_overdue.then_some(OverdueJob {
            name: self.name,
            since_success,
        })
    }

    /// Ends the schedule. The job is then never overdue.
    pub(crate) fn end(&self) {
        self.times().has_ended = true;
        self.overdue();
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        // A panic leaves the times as they were, because no code of the user runs under the lock.
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Run ===

impl Run<'_> {
    pub(crate) fn succeed(mut self) {
        self.is_success = true;
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let Self {
            state,
            started,
            is_success,
        } = *self;
        let now = Instant::now();
        {
            let mut times = state.times();
            times.running -= 1;
            if is_success {
                times.last_success = now;
            }
        }
        if let Some(metrics) = &state.metrics {
            metrics.last_duration.set((now - started).as_secs_f64());
            if is_success {
                let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                metrics
                    .last_success
                    .set(unix.unwrap_or_default().as_secs_f64());
            }
        }
        if is_success {
            state.overdue();
        }
    }
}
