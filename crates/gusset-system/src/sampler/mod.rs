//! Takes a snapshot now and then, on a thread.

mod builder;
mod worker;

use std::fmt;
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use gusset_data::{Metric, MetricProducer};

pub use self::builder::SystemSamplerBuilder;
use self::worker::Command;
use crate::{Snapshot, metrics};

/// Takes a snapshot every 10 s on a thread of its own, and keeps the last two.
///
/// Implements [`MetricProducer`] with the last snapshot: exporters do not read the system, so that ten scrapes
/// cost no more than one.
///
/// A clone is another handle to the same sampler. The thread ends with the last handle.
///
/// ```
/// use gusset_data::MetricProducer as _;
/// use gusset_system::SystemSampler;
///
/// # fn main() -> Result<(), gusset_system::ConfigError> {
/// let sampler = SystemSampler::builder().start()?;
/// let latest = sampler.latest();
/// assert_eq!(latest.previous, None, "the first snapshot is taken by `start`");
///
/// let metrics = sampler.metrics();
/// # if cfg!(all(target_os = "linux", feature = "reader")) {
/// assert!(metrics.iter().any(|metric| metric.name == "process.cpu.time"));
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "sampling ends when this is dropped"]
pub struct SystemSampler {
    shared: Arc<Shared>,
    commands: Sender<Command>,
}

/// The last two snapshots of a sampler.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Latest {
    /// The one before the last. `None` until there are two.
    pub previous: Option<Arc<Snapshot>>,
    /// The last one.
    pub now: Arc<Snapshot>,
}

/// What the handles and the thread have in common.
struct Shared {
    latest: Mutex<Latest>,
    start: SystemTime,
    classic_names: bool,
    thread: OnceLock<ThreadId>,
}

// === impl SystemSampler ===

impl SystemSampler {
    /// Returns a builder.
    pub fn builder() -> SystemSamplerBuilder {
        SystemSamplerBuilder::new()
    }

    /// Returns the last two snapshots.
    pub fn latest(&self) -> Latest {
        self.shared.latest()
    }

    /// Takes a snapshot now, and returns when it is the latest and all subscribers have it. For tests, and for
    /// reports of what is happening right now.
    ///
    /// Blocks this thread for some 0.2 ms, or until a source returns that is waiting. The next regular snapshot is
    /// an interval after this one. Does nothing if a subscriber or a source calls it.
    pub fn sample(&self) {
        if self.shared.thread.get() == Some(&thread::current().id()) {
            return;
        }
        let (done, wait) = sync_channel(1);
        if self.commands.send(Command::Sample(done)).is_ok() {
            // An error means that the thread has ended, which it only does without handles.
            let _ = wait.recv();
        }
    }

    /// Calls a function with the snapshot before and the new one, each time that there is a new one, on the thread
    /// of the sampler. It is called for as long as the thread runs.
    ///
    /// A function that panics is not called again, and that is logged. One that has a handle to the sampler keeps it
    /// running forever.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use gusset_system::SystemSampler;
    ///
    /// # fn main() -> Result<(), gusset_system::ConfigError> {
    /// let sampler = SystemSampler::builder().start()?;
    /// let (times, received) = channel();
    /// sampler.subscribe(move |previous, now| {
    ///     let _ = times.send(now.time - previous.time);
    /// });
    ///
    /// sampler.sample();
    /// assert!(received.recv().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, subscriber: impl FnMut(&Snapshot, &Snapshot) + Send + 'static) {
        let command = Command::Subscribe(Box::new(subscriber));
        // The thread runs as long as there is a handle.
        let _ = self.commands.send(command);
    }
}

impl MetricProducer for SystemSampler {
    /// Returns the last snapshot as metrics, by the tables in [`names`](crate::names). What is unknown is left out.
    fn metrics(&self) -> Vec<Metric> {
        let Shared {
            start,
            classic_names,
            ..
        } = *self.shared;
        metrics::metrics(&self.latest().now, start, classic_names)
    }
}

impl fmt::Debug for SystemSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemSampler").finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    fn latest(&self) -> Latest {
        let latest = self.latest.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a snapshot the latest. Returns the one before the previous, to be dropped outside of the lock.
    fn publish(&self, now: Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let previous = std::mem::replace(&mut latest.now, now);
        latest.previous.replace(previous)
    }
}
