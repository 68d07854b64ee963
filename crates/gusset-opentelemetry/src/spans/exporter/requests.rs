//! Requests to flush and to shut down, from the owner of a pipeline to its thread.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<Pending>);

#[derive(Debug, Default)]
struct Pending {
    flushes: Vec<Flush>,
    shutdown: Option<Instant>,
}

/// A request to export what is queued.
#[derive(Debug)]
pub(super) struct Flush {
    /// The time until which the owner waits.
    pub(super) deadline: Instant,
    completed: SyncSender<bool>,
}

// === impl Requests ===

impl Requests {
    /// Adds a request to flush. The receiver gets whether everything was exported, or is closed.
    pub(super) fn flush(&self, deadline: Instant) -> Receiver<bool> {
        self.request(deadline, None)
    }

    /// Adds a request to end the thread, at this time at the latest.
    pub(super) fn shut_down(&self, deadline: Instant) -> Receiver<bool> {
        self.request(deadline, Some(deadline))
    }

    /// Adds both at once: the thread must not take the one for the other.
    fn request(&self, deadline: Instant, shutdown: Option<Instant>) -> Receiver<bool> {
        let (completed, receiver) = mpsc::sync_channel(1);
        let mut pending = self.lock();
        pending.flushes.push(Flush {
            deadline,
            completed,
        });
        pending.shutdown = shutdown.or(pending.shutdown);
        receiver
    }

    /// Returns the deadline of the shutdown, if it is requested.
    pub(super) fn shutdown_deadline(&self) -> Option<Instant> {
        self.lock().shutdown
    }

    /// Takes the requests to flush, and returns the deadline of the shutdown, if it is requested.
    pub(super) fn take(&self) -> (Vec<Flush>, Option<Instant>) {
        let mut pending = self.lock();
        (std::mem::take(&mut pending.flushes), pending.shutdown)
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        // No code of others runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Flush ===

impl Flush {
    /// Reports the end of the flush. An error means that the owner no longer waits.
    pub(super) fn complete(self, everything: bool) {
        let _ = self.completed.try_send(everything);
    }
}
