//! A check as it is known: written by its runner, read by probes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Ending, Role, Rules, judge::Judge};
use crate::metrics::CheckMetrics;
use crate::{Report, Status};

/// A check as it is known. Locked for some nanoseconds at a time, and never across user code.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Whether it decides on readiness.
    pub(crate) gates: bool,
    metrics: Option<CheckMetrics>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    judge: Judge,
    report: Option<Report>,
    took: Duration,
}

/// A check as it was seen at some time.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) status: Status,
    /// Of the last run, whatever the status.
    pub(crate) message: Option<String>,
    pub(crate) took: Option<Duration>,
    /// How long ago the last run ended.
    pub(crate) age: Option<Duration>,
    /// For how long the status has been what it is.
    pub(crate) since: Option<Duration>,
    pub(crate) failures: u32,
}

// === impl Watched ===

impl Watched {
    pub(crate) fn new(
        name: &str,
        role: Role,
        gates: bool,
        rules: Rules,
        metrics: Option<CheckMetrics>,
    ) -> Self {
        let known = Known {
            judge: Judge::new(rules),
            report: None,
            took: Duration::ZERO,
        };
        Self {
            name: name.to_owned(),
            role,
            gates,
            metrics,
            known: Mutex::new(known),
        }
    }

    pub(crate) fn status(&self, now: Instant) -> Status {
        self.known().judge.status_at(now)
    }

    /// A run ended. Gives the status, and says whether it changed.
    pub(crate) fn observe(
        &self,
        now: Instant,
        (report, ending): (Report, Ending),
        took: Duration,
        put_off: Duration,
    ) -> (Status, bool) {
        if let Some(metrics) = &self.metrics {
            metrics.ran(report.status(), ending, took);
        }
        let mut known = self.known();
        let changed = known.judge.observe(now, report.status(), put_off);
        known.report = Some(report);
        known.took = took;
        (known.judge.status_at(now), changed)
    }

    pub(crate) fn failures(&self) -> u32 {
        self.known().judge.failures()
    }

    pub(crate) fn see(&self, now: Instant) -> Seen {
        let known = self.known();
        let Known {
            judge,
            report,
            took,
        } = &*known;
        let ago = |at: Instant| now.saturating_duration_since(at);
        Seen {
            status: judge.status_at(now),
            message: report.as_ref().and_then(Report::message).map(str::to_owned),
            took: report.as_ref().map(|_| *took),
            age: judge.last().map(ago),
            since: judge.since().map(ago),
            failures: judge.failures(),
        }
    }

    /// Sets the gauges. Staleness comes with no event, so somebody has to come by.
    pub(crate) fn publish(&self, now: Instant) {
        if let Some(metrics) = &self.metrics {
            metrics.status(self.status(now));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // What is kept is whole after each step, so a poisoned lock says nothing.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
