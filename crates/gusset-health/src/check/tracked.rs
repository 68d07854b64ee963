//! The state of a check: written by its runner, read by probes.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use gusset_data::SharedRecorder;

use super::dependency::DependencyKind;
use super::metrics::CheckMetrics;
use super::published_status::{Age, PublishedStatus};
use super::run::RunOutcome;
use super::status_machine::{StatusMachine, StatusRules};
use super::switch::CheckSwitch;
use crate::{CheckResult, Status};

/// The state of a check. Its lock is held for nanoseconds, and never while user code runs.
pub(crate) struct TrackedCheck {
    pub(crate) name: String,
    pub(crate) dependency: DependencyKind,
    pub(crate) affects_readiness: bool,
    /// `None` if it is always on.
    switch: Option<CheckSwitch>,
    recorder: Option<SharedRecorder>,
    /// Empty while the check is off, so that there are no series of it.
    metrics: OnceLock<CheckMetrics>,
    /// When the health state was built.
    built: Instant,
    state: Mutex<CheckState>,
    published: PublishedStatus,
}

#[derive(Debug)]
struct CheckState {
    machine: StatusMachine,
    last_result: Option<CheckResult>,
    last_duration: Duration,
}

/// The state of a check at one time.
#[derive(Clone, Debug)]
pub(crate) struct CheckSnapshot {
    pub(crate) status: Status,
    /// The message of the last run, whatever the status.
    pub(crate) message: Option<String>,
    pub(crate) last_duration: Option<Duration>,
    /// The time since the end of the last run.
    pub(crate) age: Option<Duration>,
    /// The time since the last change of the status.
    pub(crate) status_age: Option<Duration>,
    pub(crate) failures: u32,
}

// === impl TrackedCheck ===

impl TrackedCheck {
    pub(super) fn new(
        name: &str,
        dependency: DependencyKind,
        affects_readiness: bool,
        (rules, switch): (StatusRules, Option<CheckSwitch>),
        recorder: Option<SharedRecorder>,
        built: Instant,
    ) -> Self {
        let state = CheckState {
            machine: StatusMachine::new(rules),
            last_result: None,
            last_duration: Duration::ZERO,
        };
        let this = Self {
            name: name.to_owned(),
            dependency,
            affects_readiness,
            switch,
            recorder,
            metrics: OnceLock::new(),
            built,
            state: Mutex::new(state),
            published: PublishedStatus::new(),
        };
        this.metrics();
        this
    }

    /// Returns whether the check is part of the health: it has no switch, or that is on.
    pub(crate) fn is_on(&self) -> bool {
        self.switch.as_ref().is_none_or(CheckSwitch::is_on)
    }

    /// Waits until the check is on.
    pub(super) async fn wait_on(&self) {
        if let Some(switch) = &self.switch {
            switch.wait().await;
        }
    }

    fn metrics(&self) -> Option<&CheckMetrics> {
        let recorder = self.recorder.as_ref().filter(|_| self.is_on())?;
        let new = || CheckMetrics::new(recorder, &self.name);
        Some(self.metrics.get_or_init(new))
    }

    pub(crate) fn status(&self, now: Instant) -> Status {
        self.status_at(Age::new(self.built, now))
    }

    /// Returns the status at a time since the health state was built. Takes no lock.
    #[inline]
    pub(crate) fn status_at(&self, now: Age) -> Status {
        self.published.at(now)
    }

    /// Records the result of a run. Returns the status, and whether it changed.
    pub(super) fn record(
        &self,
        now: Instant,
        (result, outcome): (CheckResult, RunOutcome),
        duration: Duration,
        backoff_delay: Duration,
    ) -> (Status, bool) {
        if let Some(metrics) = self.metrics() {
            metrics.record_run(result.status(), outcome, duration);
        }
        let mut state = self.lock();
        let changed = state.machine.record(now, result.status(), backoff_delay);
        if let Some((status, valid_until)) = state.machine.status() {
            self.published
                .set(status, Age::new(self.built, valid_until));
        }
        state.last_result = Some(result);
        state.last_duration = duration;
        (state.machine.status_at(now), changed)
    }

    pub(super) fn failures(&self) -> u32 {
        self.lock().machine.failures()
    }

    pub(crate) fn snapshot(&self, now: Instant) -> CheckSnapshot {
        let state = self.lock();
        let CheckState {
            machine,
            last_result,
            last_duration,
        } = &*state;
        let elapsed = |at: Instant| now.saturating_duration_since(at);
        let result = last_result.as_ref();
        CheckSnapshot {
            status: machine.status_at(now),
            message: result.and_then(CheckResult::message).map(str::to_owned),
            last_duration: result.map(|_| *last_duration),
            age: machine.last_result_at().map(elapsed),
            status_age: machine.since().map(elapsed),
            failures: machine.failures(),
        }
    }

    /// Sets the gauges. Called periodically, because a result becomes stale without an event.
    pub(crate) fn update_metrics(&self, now: Instant) {
        if let Some(metrics) = self.metrics() {
            metrics.set_status(self.status(now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, CheckState> {
        // The state is consistent after each statement, so a poisoned lock can be used.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TrackedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedCheck")
            .field("name", &self.name)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
