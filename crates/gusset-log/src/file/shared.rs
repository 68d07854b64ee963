//! The file between the writer's thread and its handles.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, TryLockError};

use gusset_core::Clock;
use metrics::Counter;

use super::state::{FileError, State};
use crate::sync::lock;

/// The open file. Its lock is held while the disk is written, so nothing but the writer's thread waits for
/// it.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Set before a handle tries the lock, and read after the lock is released: one of both reopens.
    reopen_requested: AtomicBool,
    errors: AtomicU64,
    counter: OnceLock<Counter>,
    clock: Clock,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            reopen_requested: AtomicBool::new(false),
            errors: AtomicU64::new(0),
            counter: OnceLock::new(),
            clock: Clock::system(),
        }
    }

    pub(super) fn set_counter(&self, counter: Counter) {
        // The first log that the file belongs to is the only one.
        let _ = self.counter.set(counter);
    }

    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let (written, failed) = {
            let mut state = lock(&self.state);
            if self.reopen_requested.swap(false, Ordering::SeqCst) {
                state.request_reopen();
            }
            state.write(bytes, self.clock.now())
        };
        failed.into_iter().for_each(|failed| self.report(&failed));
        if let Err(error) = &written
            && !matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
        {
            self.count();
        }
        // A handle that found the lock held left it to this thread.
        self.reopen_if_requested();
        written
    }

    pub(super) fn reopen(&self) {
        self.reopen_requested.store(true, Ordering::SeqCst);
        self.reopen_if_requested();
    }

    fn reopen_if_requested(&self) {
        while self.reopen_requested.load(Ordering::SeqCst) {
            let mut state = match self.state.try_lock() {
                Ok(state) => state,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Its holder looks again when it has released the lock.
                Err(TryLockError::WouldBlock) => return,
            };
            let mut failed = None;
            if self.reopen_requested.swap(false, Ordering::SeqCst) {
                state.request_reopen();
                failed = state.reopen_if_due(self.clock.now());
            }
            drop(state);
            if let Some(failed) = failed {
                self.report(&failed);
            }
        }
    }

    /// Counts an error, and logs the first one of several. Called without the lock: the subscriber may be
    /// the service's own.
    fn report(&self, failed: &FileError) {
        self.count();
        if failed.is_first {
            tracing::warn!(
                target: "gusset::log",
                error = %failed.error,
                "the log file {}; entries are appended to the file in use, and it is tried again",
                failed.what,
            );
        }
    }

    fn count(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        if let Some(counter) = self.counter.get() {
            counter.increment(1);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("LogFile");
        if let Ok(state) = self.state.try_lock() {
            debug.field("path", &state.path());
        }
        debug
            .field("errors", &self.errors())
            .finish_non_exhaustive()
    }
}
