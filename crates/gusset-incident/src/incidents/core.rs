//! Makes a report and delivers it, on the thread that calls it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use gusset_core::Clock;
use gusset_data::{Redaction, StateTree};

use super::Captured;
use super::collected::Sources;
use crate::black_box::file_name;
use crate::counts::Counts;
use crate::destination::{Delivery, Destination};
use crate::report::{Calls, FORMAT, ServiceFacts, time};
use crate::{FlightRecorder, Report, TARGET, Trigger};

pub(crate) type FlushFn = Box<dyn Fn(Duration) + Send + Sync>;

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) budget: Duration,
    pub(crate) part_timeout: Duration,
    pub(crate) delivery_timeout: Duration,
}

/// What all handles and the thread share.
pub(crate) struct Core {
    pub(super) service: String,
    pub(super) started: SystemTime,
    pub(super) recorder: FlightRecorder,
    pub(super) sources: Arc<Sources>,
    pub(super) build: StateTree,
    pub(super) redaction: Redaction,
    pub(super) destinations: Vec<Box<dyn Destination>>,
    pub(super) flush: Option<FlushFn>,
    pub(super) times: Times,
    pub(super) clock: Clock,
    pub(super) counts: Counts,
    /// The number of reports that were made.
    pub(super) made: AtomicU64,
}

// === impl Core ===

impl Core {
    pub(crate) fn recorder(&self) -> &FlightRecorder {
        &self.recorder
    }

    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn times(&self) -> Times {
        self.times
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Makes a report of now.
    pub(super) fn report(&self, trigger: Trigger, detail: &str) -> Report {
        // The process may end soon, and then the file is what is left.
        self.recorder.write_now();
        let collected = self.sources.collect(self.times.part_timeout);
        let now = time::rounded(SystemTime::now());
        let recorder = &self.recorder;
        let mut missing = collected.missing;
        let dropped = recorder.dropped_logs();
        if dropped > 0 {
            missing.push(format!("{dropped} log records that were too large"));
        }
        let report = Report {
            format: FORMAT.to_owned(),
            id: self.next_id(trigger, now),
            time: now,
            trigger: trigger.as_str().to_owned(),
            detail: detail.to_owned(),
            service: ServiceFacts {
                name: self.service.clone(),
                process_id: std::process::id(),
                started: self.started,
                build: self.build.clone(),
            },
            sections: collected.sections,
            readings: recorder.readings().into_iter().map(Into::into).collect(),
            totals: recorder.totals().into_iter().map(Into::into).collect(),
            calls: Calls::of_recorder(recorder),
            changes: recorder.changes().iter().map(Into::into).collect(),
            logs: recorder.logs().iter().map(Into::into).collect(),
            tasks: collected.tasks,
            missing,
        };
        report.redacted(&self.redaction)
    }

    /// Returns an id by which reports are sorted by time, and which is a file name.
    pub(crate) fn next_id(&self, trigger: Trigger, now: SystemTime) -> String {
        let number = self.made.fetch_add(1, Relaxed) + 1;
        let (time, process_id) = (time::compact(now), std::process::id());
        let (service, trigger) = (file_name(&self.service), file_name(trigger.as_str()));
        format!("{time}-{service}-{trigger}-{process_id}-{number}")
    }

    /// Makes a report and delivers it. `is_last` is for one before the end of the process: it is delivered within two thirds of
    /// the budget, and then telemetry is flushed.
    pub(super) fn capture(&self, trigger: Trigger, detail: &str, is_last: bool) -> Captured {
        let started = Clock::system().now();
        let report = self.report(trigger, detail);
        let limit = match is_last {
            true => self.times.budget * 2 / 3,
            false => self.times.delivery_timeout,
        };
        let captured = self.deliver(trigger, &report, started + limit);
        if let (true, Some(flush)) = (is_last, &self.flush) {
            let passed = Clock::system().now().saturating_duration_since(started);
            let left = self.times.budget.saturating_sub(passed);
            // It is code of the service. After a panic there is still the end of the process.
            let _ = catch_unwind(AssertUnwindSafe(|| flush(left)));
        }
        captured
    }

    /// Delivers a report, and logs that it exists.
    pub(crate) fn deliver(&self, trigger: Trigger, report: &Report, deadline: Instant) -> Captured {
        self.counts.add_report(trigger);
        let delivery = Delivery::new(report, deadline);
        let mut captured = Captured {
            id: report.id.clone(),
            delivered: Vec::new(),
            failed: 0,
        };
        for destination in &self.destinations {
            let delivered = catch_unwind(AssertUnwindSafe(|| destination.deliver(&delivery)));
            match delivered {
                Ok(Ok(place)) => captured.delivered.push(place),
                Ok(Err(error)) => {
                    captured.failed += 1;
                    self.counts.report_failure(&report.id, &error.to_string());
                }
                Err(_) => {
                    captured.failed += 1;
                    self.counts
                        .report_failure(&report.id, "the destination panicked");
                }
            }
        }
        tracing::warn!(
            name: "gusset.incident",
            target: TARGET,
            {
                gusset.incident.id = report.id,
                gusset.incident.trigger = report.trigger,
                gusset.incident.file = captured.delivered.join(", "),
            },
            "{}",
            report.summary()
        );
        captured
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("service", &self.service)
            .field("sections", &self.sources)
            .finish_non_exhaustive()
    }
}
