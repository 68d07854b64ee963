use std::sync::Arc;
use std::time::Duration;

use super::Queue;

/// Sees to it that lines are written before a program ends: dropped at the end of `main`, it waits until
/// they are, for a second unless told otherwise. Lines after that are written too, if there is time.
///
/// ```
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use std::time::Duration;
///
/// let log = gusset_log::LogLayer::builder().writer(std::io::sink()).build()?;
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// let subscriber = tracing_subscriber::registry().with(log.layer);
/// let guard = log.guard.deadline(Duration::from_secs(5));
/// tracing::subscriber::with_default(subscriber, || tracing::info!("the last words"));
/// assert!(guard.flush(Duration::from_secs(5)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "lines are lost at the end of the program if nobody holds the guard"]
pub struct FlushGuard {
    queue: Arc<Queue>,
    deadline: Duration,
}

// === impl FlushGuard ===

impl FlushGuard {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            deadline: Duration::from_secs(1),
        }
    }

    /// How long to wait when dropped.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Waits until all lines are written that are there now; `false` if that took longer than
    /// `deadline`, because whoever reads them is slow.
    pub fn flush(&self, deadline: Duration) -> bool {
        self.queue.flush(deadline)
    }

    /// The same for whoever does not hold the guard.
    pub(crate) fn flusher(&self) -> impl Fn(Duration) -> bool + Send + Sync + 'static {
        let queue = self.queue.clone();
        move |deadline| queue.flush(deadline)
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.queue.flush(self.deadline);
    }
}
