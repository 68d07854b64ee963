//! Makes reports: by triggers, and when they are requested.

mod builder;
mod capture;
mod collected;
mod core;
mod limiter;
mod previous;
mod show;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, ThreadId};
use std::time::Duration;

pub use self::builder::IncidentsBuilder;
pub use self::capture::{Captured, Skipped};
pub use self::collected::TaskDump;
pub(crate) use self::core::Core;
use self::core::{FlushFn, Times};
use self::worker::Command;
use crate::{FlightRecorder, Report, Trigger};

/// Makes reports of what a service did and was, when trouble is detected or a report is requested. Clones share it.
///
/// The order is: detect, capture, deliver, and before the end of the process flush telemetry. One thread does it, so there is
/// one report at a time. It is bounded by a minimum gap, by limits of each trigger, and by time limits of everything that may hang.
/// Without a request and without trouble it costs a few microseconds a second.
///
/// ```
/// use gusset_incident::{Directory, FlightRecorder, Incidents, StateChanged, Trigger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let recorder = FlightRecorder::builder().build()?;
/// let incidents = Incidents::builder("shop", recorder.clone())
///     .on(Trigger::BreakerOpened, StateChanged::to("breaker ", "open"))
///     .destination(Directory::new(folder.path()))
///     .start()?;
///
/// recorder.record_change("breaker stock", "open"); // as the observer of a breaker does
/// incidents.detect_now(); // besides the interval of a second
/// assert_eq!(std::fs::read_dir(folder.path())?.count(), 2, "JSON and Markdown");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is detected when this is dropped"]
pub struct Incidents {
    core: Arc<Core>,
    /// `None` if the system had no thread.
    worker: Option<Worker>,
}

#[derive(Clone)]
struct Worker {
    commands: SyncSender<Command>,
    thread: ThreadId,
}

// === impl Incidents ===

impl Incidents {
    /// Returns a builder for the reports of a service.
    pub fn builder(service: impl Into<String>, recorder: FlightRecorder) -> IncidentsBuilder {
        IncidentsBuilder::new(service.into(), recorder)
    }

    /// Makes a report now, on this thread, and delivers it nowhere. No limit holds.
    pub fn report(&self, trigger: Trigger, detail: &str) -> Report {
        self.core.report(trigger, detail)
    }

    /// Captures a report and delivers it. Waits until it is delivered, at most for the time limit of the delivery.
    ///
    /// # Errors
    /// If a limit does not admit it, or if it takes too long.
    pub fn capture(
        &self,
        trigger: Trigger,
        detail: impl Into<String>,
    ) -> Result<Captured, Skipped> {
        let wait = self.core.times().budget + self.core.times().delivery_timeout;
        self.request(trigger, detail.into(), false, wait)
    }

    /// Captures a report, delivers it, and flushes telemetry, before the process ends. Waits until then, at most for the
    /// [`budget`](IncidentsBuilder::budget).
    ///
    /// # Errors
    /// As [`capture`](Self::capture). Only a report that is made already may be in its way.
    pub fn capture_and_flush(
        &self,
        trigger: Trigger,
        detail: impl Into<String>,
    ) -> Result<Captured, Skipped> {
        self.request(trigger, detail.into(), true, self.core.times().budget)
    }

    /// Sends a request for a report, and does not wait for it. Returns whether the request was taken: there may be sixteen.
    pub fn request_capture(&self, trigger: Trigger, detail: impl Into<String>) -> bool {
        let command = Command::Capture {
            trigger,
            detail: detail.into(),
            is_last: false,
            done: None,
        };
        self.send(command)
    }

    /// Looks for trouble now, besides the interval, and waits until its reports are delivered. For tests.
    pub fn detect_now(&self) {
        let (done, wait) = sync_channel(1);
        if self.send(Command::Detect(done)) {
            // An error means that the thread has ended.
            let _ = wait.recv();
        }
    }

    /// Returns the recorder.
    pub fn recorder(&self) -> &FlightRecorder {
        self.core.recorder()
    }

    /// Returns the time for a report and the flush before the process ends.
    pub fn budget(&self) -> Duration {
        self.core.times().budget
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    fn request(
        &self,
        trigger: Trigger,
        detail: String,
        is_last: bool,
        wait: Duration,
    ) -> Result<Captured, Skipped> {
        let (done, result) = sync_channel(1);
        let command = Command::Capture {
            trigger,
            detail,
            is_last,
            done: Some(done),
        };
        if !self.send(command) {
            return Err(Skipped::Busy);
        }
        result.recv_timeout(wait).unwrap_or(Err(Skipped::Busy))
    }

    /// Sends a command, without waiting. Not from the thread itself, which would wait for itself.
    fn send(&self, command: Command) -> bool {
        self.worker.as_ref().is_some_and(|worker| {
            worker.thread != thread::current().id() && worker.commands.try_send(command).is_ok()
        })
    }
}

impl fmt::Debug for Incidents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incidents")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}
