use std::sync::Arc;
use std::time::Duration;

use super::queue::Queue;

/// Waits until log entries are written when it is dropped at the end of `main`.
///
/// It waits for at most one second by default, and not at all in a child that is created by `fork()`,
/// because a fork does not copy the writer's thread: set up logging in the child. Entries logged later are
/// still written if the process lives long enough.
///
/// ```
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use std::time::Duration;
///
/// let log = gusset_log::LogLayer::builder().writer(std::io::sink()).build()?;
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// let subscriber = tracing_subscriber::registry().with(log.layer);
/// let guard = log.flush_guard.deadline(Duration::from_secs(5));
/// tracing::subscriber::with_default(subscriber, || tracing::info!("stopped"));
/// assert!(guard.flush(Duration::from_secs(5)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "without the guard, the last log entries may be lost at exit"]
pub struct FlushGuard {
    queue: Arc<Queue>,
    deadline: Duration,
}

const DEFAULT_DEADLINE: Duration = Duration::from_secs(1);

// === impl FlushGuard ===

impl FlushGuard {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            deadline: DEFAULT_DEADLINE,
        }
    }

    /// Sets how long to wait when dropped. Defaults to one second.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Waits until all entries logged so far are written. Returns `false` after the deadline.
    pub fn flush(&self, deadline: Duration) -> bool {
        self.queue.flush(deadline)
    }

    /// Waits until all entries logged so far are written, at most until the deadline, and returns the
    /// number of entries since the start that were not written: those that were dropped, and those that
    /// are still in the queue.
    ///
    /// Replaces the wait when the guard is dropped. Entries in the queue are still written if the process
    /// lives long enough.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// use std::time::Duration;
    ///
    /// let log = gusset_log::LogLayer::builder().writer(std::io::sink()).build()?;
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// let subscriber = tracing_subscriber::registry().with(log.layer);
    /// tracing::subscriber::with_default(subscriber, || tracing::info!("stopped"));
    /// assert_eq!(log.flush_guard.shutdown(Duration::from_secs(5)), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(mut self, deadline: Duration) -> u64 {
        self.queue.flush(deadline);
        self.deadline = Duration::ZERO;
        self.queue.not_written()
    }

    /// Returns the queue, which needs no guard.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.queue.flush(self.deadline);
    }
}
