//! The states of parts and the dump of tasks, within a time limit.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use gusset_core::Clock;
use gusset_data::{ShowState, StateTree};

use crate::report::Section;

/// Returns a dump of the tasks of a service, from whatever it has: Tokio's task dump, await-tree, a list of its own.
///
/// A closure that returns a text is one.
///
/// ```
/// use gusset_incident::{FlightRecorder, Incidents, Trigger};
///
/// # fn main() -> Result<(), gusset_incident::ConfigError> {
/// let recorder = FlightRecorder::builder().build()?;
/// let incidents = Incidents::builder("shop", recorder)
///     .task_dump(|| "import: waits for stock".to_owned())
///     .start()?;
/// let report = incidents.report(Trigger::Manual, "");
/// assert_eq!(report.tasks.as_deref(), Some("import: waits for stock"));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no dump of tasks",
    label = "does not return a text",
    note = "pass a closure that returns a `String`, or implement `TaskDump`"
)]
pub trait TaskDump: Send + Sync + 'static {
    /// Returns the tasks as text. It may take some time: a report is made without it after the time limit.
    fn dump_tasks(&self) -> String;
}

impl<F: Fn() -> String + Send + Sync + 'static> TaskDump for F {
    fn dump_tasks(&self) -> String {
        self()
    }
}

/// The longest dump of tasks that is kept.
const MAX_DUMP: usize = 256 * 1024;

/// What is collected for a report.
pub(crate) struct Sources {
    sections: Vec<(String, Box<dyn ShowState>)>,
    tasks: Option<Box<dyn TaskDump>>,
    /// Whether a collection has not ended: code of the service that hangs must not add up threads.
    is_running: AtomicBool,
}

/// What was collected in time.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) sections: Vec<Section>,
    pub(crate) tasks: Option<String>,
    pub(crate) missing: Vec<String>,
}

/// One result of the thread that collects.
enum Item {
    /// The number of the section, and its state. `None` after a panic.
    Section(usize, Option<StateTree>),
    Tasks(Option<String>),
}

// === impl Sources ===

impl Sources {
    pub(crate) fn new(
        sections: Vec<(String, Box<dyn ShowState>)>,
        tasks: Option<Box<dyn TaskDump>>,
    ) -> Self {
        Self {
            sections,
            tasks,
            is_running: AtomicBool::new(false),
        }
    }

    /// Collects everything on a thread of its own, and returns what there is at the time limit.
    pub(crate) fn collect(self: &Arc<Self>, limit: Duration) -> Collected {
        let mut collected = Collected::default();
        if self.sections.is_empty() && self.tasks.is_none() {
            return collected;
        }
        if self.is_running.swap(true, Ordering::AcqRel) {
            let missing = "the states of parts: those for the report before have not returned yet";
            collected.missing.push(missing.to_owned());
            return collected;
        }
        let (sender, receiver) = channel();
        let sources = Arc::clone(self);
        let run = move || {
            for (at, (_, part)) in sources.sections.iter().enumerate() {
                let state = catch_unwind(AssertUnwindSafe(|| part.show_state())).ok();
                // Fails after the time limit.
                let _ = sender.send(Item::Section(at, state));
            }
            if let Some(tasks) = &sources.tasks {
                let dump = catch_unwind(AssertUnwindSafe(|| tasks.dump_tasks())).ok();
                let _ = sender.send(Item::Tasks(dump));
            }
            sources.is_running.store(false, Ordering::Release);
        };
        let thread = thread::Builder::new().name("gusset-incident-parts".to_owned());
        if thread.spawn(run).is_err() {
            self.is_running.store(false, Ordering::Release);
            collected
                .missing
                .push("the states of parts: the system has no thread".to_owned());
            return collected;
        }
        self.receive(&receiver, limit, &mut collected);
        collected
    }

    fn receive(
        &self,
        receiver: &std::sync::mpsc::Receiver<Item>,
        limit: Duration,
        collected: &mut Collected,
    ) {
        let clock = Clock::system();
        let deadline = clock.now() + limit;
        let (mut sections, mut tasks) = (0, self.tasks.is_none());
        loop {
            let left = deadline.saturating_duration_since(clock.now());
            match receiver.recv_timeout(left) {
                Ok(Item::Section(at, Some(state))) => {
                    sections = at + 1;
                    let name = self.sections[at].0.clone();
                    collected.sections.push(Section { name, state });
                }
                Ok(Item::Section(at, None)) => {
                    sections = at + 1;
                    collected
                        .missing
                        .push(format!("{}: it panicked", self.sections[at].0));
                }
                Ok(Item::Tasks(dump)) => {
                    tasks = true;
                    match dump {
                        Some(dump) => {
                            let dump = gusset_http::truncate_str(&dump, MAX_DUMP);
                            collected.tasks = Some(dump.to_owned());
                        }
                        None => collected
                            .missing
                            .push("the tasks: their dump panicked".to_owned()),
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        let late = self.sections[sections..]
            .iter()
            .map(|(name, _)| name.as_str());
        for name in late.chain((!tasks).then_some("the tasks")) {
            let missing = format!("{name}: not there after {} ms", limit.as_millis());
            collected.missing.push(missing);
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.sections.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}
