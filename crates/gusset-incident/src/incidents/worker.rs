//! The thread that looks for trouble and makes the reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};

use super::limiter::Limiter;
use super::{Captured, Core, Incidents, Skipped, Worker};
use crate::{Detect, Moment, TARGET, Trigger};

/// What handles request.
pub(super) enum Command {
    Capture {
        trigger: Trigger,
        detail: String,
        is_last: bool,
        done: Option<SyncSender<Result<Captured, Skipped>>>,
    },
    Detect(SyncSender<()>),
}

/// A detector, and what it has detected.
pub(super) struct Watched {
    trigger: Trigger,
    detect: Box<dyn Detect>,
    state: Detected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detected {
    Nothing,
    /// Trouble, of which the gap between reports did not admit one yet.
    Pending,
    /// Trouble of which there is a report, or none because of the limit of its trigger.
    Reported,
    /// The detector panicked, and is not called again.
    Broken,
}

/// The requests that wait.
const MAX_COMMANDS: usize = 16;

struct Thread {
    core: Arc<Core>,
    limiter: Limiter,
    watched: Vec<Watched>,
    /// The changes of state that were read.
    changes: u64,
    /// The totals of calls that were read.
    totals: u64,
}

/// Starts the thread.
pub(super) fn start(
    core: Core,
    limiter: Limiter,
    watched: Vec<Watched>,
    interval: Duration,
) -> Incidents {
    let core = Arc::new(core);
    let (commands, receiver) = sync_channel(MAX_COMMANDS);
    // Log events of the thread go where those of this call go. Without a subscriber, one may become global later.
    let dispatch = dispatcher::get_default(Clone::clone);
    let dispatch = (!dispatch.is::<NoSubscriber>()).then_some(dispatch);
    let mut of_thread = Thread {
        core: Arc::clone(&core),
        limiter,
        watched,
        changes: 0,
        totals: 0,
    };
    let spawned = thread::Builder::new()
        .name("gusset-incident".to_owned())
        .spawn(move || logging_to(dispatch.as_ref(), || of_thread.run(&receiver, interval)));
    let worker = match spawned {
        Ok(thread) => Some(Worker {
            commands,
            thread: thread.thread().id(),
        }),
        Err(error) => {
            eprintln!("gusset: no thread for incident reports: {error}; trouble is not detected");
            None
        }
    };
    Incidents { core, worker }
}

fn logging_to(dispatch: Option<&Dispatch>, run: impl FnOnce()) {
    match dispatch {
        Some(dispatch) => dispatcher::with_default(dispatch, run),
        None => run(),
    }
}

// === impl Watched ===

impl Watched {
    pub(super) fn new(trigger: Trigger, detect: Box<dyn Detect>) -> Self {
        Self {
            trigger,
            detect,
            state: Detected::Nothing,
        }
    }
}

// === impl Thread ===

impl Thread {
    fn run(&mut self, commands: &Receiver<Command>, interval: Duration) {
        loop {
            match commands.recv_timeout(interval) {
                Ok(Command::Detect(done)) => {
                    self.detect();
                    // The caller may have gone.
                    let _ = done.send(());
                }
                Ok(Command::Capture {
                    trigger,
                    detail,
                    is_last,
                    done,
                }) => {
                    let captured = self.capture(trigger, &detail, is_last);
                    if let Some(done) = done {
                        let _ = done.send(captured);
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.detect(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn capture(
        &mut self,
        trigger: Trigger,
        detail: &str,
        is_last: bool,
    ) -> Result<Captured, Skipped> {
        let admitted = self.limiter.admit(trigger, is_last, self.core.now());
        match admitted {
            Ok(()) => Ok(self.core.capture(trigger, detail, is_last)),
            Err(skipped) => {
                self.core.counts().add_skipped();
                Err(skipped)
            }
        }
    }

    fn detect(&mut self) {
        let recorder = self.core.recorder();
        let (changes, count) = recorder.changes_since(self.changes);
        self.changes = count;
        // The writer of the file may have closed a part of them.
        recorder.close_totals();
        let (totals, count) = recorder.totals_since(self.totals);
        self.totals = count;
        let moment = Moment {
            now: self.core.now(),
            totals,
            readings: recorder.last_readings(),
            changes: &changes,
        };
        for at in 0..self.watched.len() {
            let watched = &mut self.watched[at];
            if watched.state == Detected::Broken {
                continue;
            }
            let detected = catch_unwind(AssertUnwindSafe(|| watched.detect.detect(&moment)));
            let (trigger, state) = (watched.trigger, watched.state);
            self.watched[at].state = match (detected, state) {
                (Err(_), _) => {
                    tracing::warn!(target: TARGET, "what detects `{trigger}` panicked and is not called again");
                    Detected::Broken
                }
                (Ok(None), _) => Detected::Nothing,
                (Ok(Some(_)), Detected::Reported) => Detected::Reported,
                (Ok(Some(detail)), state) => self.report(trigger, &detail, state),
            };
        }
    }

    /// Makes a report of what was detected, unless there is a reason to wait.
    fn report(&mut self, trigger: Trigger, detail: &str, state: Detected) -> Detected {
        match self.limiter.admit(trigger, false, self.core.now()) {
            Ok(()) => {
                self.core.capture(trigger, detail, false);
                Detected::Reported
            }
            Err(skipped) => {
                if state != Detected::Pending {
                    self.core.counts().add_skipped();
                }
                match skipped {
                    Skipped::TooSoon => Detected::Pending,
                    _ => Detected::Reported,
                }
            }
        }
    }
}
