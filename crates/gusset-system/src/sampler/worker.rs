//! The thread of a sampler.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use gusset_core::Clock;

use super::{Latest, Shared};
use crate::{Snapshot, Source, TARGET};

/// What a handle requests of the thread.
pub(super) enum Command {
    /// A snapshot now, and a reply.
    Sample(SyncSender<()>),
    Subscribe(Subscriber),
}

pub(super) type Subscriber = Box<dyn FnMut(&Snapshot, &Snapshot) + Send>;

/// Reads the sources. Runs on the thread, which alone has the sources and the subscribers: no lock is held while
/// code of the service runs.
pub(super) struct Worker {
    sources: Vec<Box<dyn Source>>,
    clock: Clock,
    origin: Instant,
    /// The memory of a snapshot that is no longer needed.
    spare: Option<Arc<Snapshot>>,
    subscribers: Vec<Subscriber>,
}

// === impl Worker ===

impl Worker {
    pub(super) fn new(sources: Vec<Box<dyn Source>>, clock: Clock) -> Self {
        Self {
            sources,
            origin: clock.now(),
            clock,
            spare: None,
            subscribers: Vec::new(),
        }
    }

    /// Takes snapshots until the last handle is dropped.
    pub(super) fn run(mut self, shared: &Shared, commands: &Receiver<Command>, interval: Duration) {
        let _ = shared.thread.set(thread::current().id());
        let time = Clock::system();
        let mut next = time.now() + interval;
        loop {
            let wait = next.saturating_duration_since(time.now());
            let reply = match commands.recv_timeout(wait) {
                Ok(Command::Subscribe(subscriber)) => {
                    self.subscribers.push(subscriber);
                    continue;
                }
                Ok(Command::Sample(reply)) => Some(reply),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.sample(shared);
            next = time.now() + interval;
            if let Some(reply) = reply {
                // An error means that the caller was interrupted by a panic.
                let _ = reply.send(());
            }
        }
    }

    /// Reads a snapshot and passes it on.
    fn sample(&mut self, shared: &Shared) {
        let now = self.read();
        self.spare = shared.publish(now);
        let Latest {
            previous: Some(previous),
            now,
        } = shared.latest()
        else {
            return;
        };
        self.subscribers.retain_mut(|subscriber| {
            let call = AssertUnwindSafe(|| subscriber(&previous, &now));
            let is_ok = catch_unwind(call).is_ok();
            if !is_ok {
                tracing::warn!(
                    target: TARGET,
                    "a subscriber of the system's readings panicked, it is not called again"
                );
            }
            is_ok
        });
    }

    /// Reads all sources. A source that panics is left out from then on.
    pub(super) fn read(&mut self) -> Arc<Snapshot> {
        let mut arc = self.spare.take().unwrap_or_default();
        if Arc::get_mut(&mut arc).is_none() {
            // A reader keeps the old one.
            arc = Arc::default();
        }
        let snapshot = Arc::get_mut(&mut arc).expect("a snapshot that is only here");
        let mut at = 0;
        while let Some(source) = self.sources.get_mut(at) {
            let read = AssertUnwindSafe(|| source.read(snapshot));
            if catch_unwind(read).is_ok() {
                at += 1;
                continue;
            }
            tracing::warn!(
                target: TARGET,
                "a source of the system's readings panicked, it is left out from now on"
            );
            drop(self.sources.remove(at));
            // What it has set, or left from before, is not known to be true.
            *snapshot = Snapshot::default();
            at = 0;
        }
        snapshot.time = self.clock.now().saturating_duration_since(self.origin);
        snapshot.taken_at = Some(SystemTime::now());
        arc
    }
}
