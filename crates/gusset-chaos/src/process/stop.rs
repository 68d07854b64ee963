//! The signal that ends an assault, for all of its threads.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Stop {
    is_stopped: Mutex<bool>,
    changed: Condvar,
}

// === impl Stop ===

impl Stop {
    pub(super) fn stop(&self) {
        *self
            .is_stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self
            .is_stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks this thread for a time, or until the signal. Returns whether it was the signal.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let is_stopped = self
            .is_stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(is_stopped, time, |is| !*is);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
