//! Log entries of the start, which often precedes the subscriber that logs them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tracing::subscriber::NoSubscriber;

use crate::diagnostics::{TARGET, contain};

/// The interval at which the worker looks for a subscriber. It doubles up to the maximum.
const MIN_INTERVAL: Duration = Duration::from_millis(20);
const MAX_INTERVAL: Duration = Duration::from_secs(5);

/// Keeps log entries while the process has no subscriber, and logs them once it has one.
///
/// A log layer exports to the pipeline, so the pipeline is often built first, and what it logs about
/// invalid variables would be lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingLog(Arc<Mutex<Vec<Entry>>>);

#[derive(Debug)]
struct Entry {
    is_warning: bool,
    message: String,
}

// === impl PendingLog ===

impl PendingLog {
    pub(crate) fn warn(&self, message: String) {
        self.add(Entry {
            is_warning: true,
            message,
        });
    }

    pub(crate) fn info(&self, message: String) {
        self.add(Entry {
            is_warning: false,
            message,
        });
    }

    fn add(&self, entry: Entry) {
        if has_subscriber() {
            entry.log();
        } else {
            let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            entries.push(entry);
        }
    }

    /// Logs the kept entries if this thread has a subscriber. Returns whether none is left.
    pub(crate) fn log(&self) -> bool {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.is_empty() {
            return true;
        }
        if !has_subscriber() {
            return false;
        }
        let entries_to_log = std::mem::take(&mut *entries);
        // Not under the lock: subscribers are code of the service.
        drop(entries);
        entries_to_log.into_iter().for_each(Entry::log);
        true
    }

    /// Waits until the process has a subscriber, and logs the kept entries.
    pub(crate) async fn log_later(self) {
        let mut interval = MIN_INTERVAL;
        while !self.log() {
            sleep(interval).await;
            interval = (interval * 2).min(MAX_INTERVAL);
        }
    }
}

// === impl Entry ===

impl Entry {
    fn log(self) {
        let Self {
            is_warning,
            message,
        } = self;
        contain(|| {
            if is_warning {
                tracing::warn!(target: TARGET, "{message}");
            } else {
                tracing::info!(target: TARGET, "{message}");
            }
        });
    }
}

fn has_subscriber() -> bool {
    tracing::dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
}
