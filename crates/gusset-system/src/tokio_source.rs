//! Reads a Tokio runtime.

use tokio::runtime::Handle;

use crate::{Snapshot, Source};

/// Reads what is stable of a Tokio runtime's metrics: workers, tasks, the global queue, and how busy workers are.
///
/// `tokio_unstable` is not needed. Tokio counts all of it in any case, so that reading costs some nanoseconds for
/// each worker, and nothing on the path of a task.
///
/// ```
/// use gusset_system::{SystemSampler, TokioSource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let source = TokioSource::new(runtime.handle().clone());
/// let sampler = SystemSampler::builder().source(source).start()?;
/// assert_eq!(sampler.latest().now.runtime.workers, Some(1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TokioSource {
    runtime: Handle,
}

// === impl TokioSource ===

impl TokioSource {
    /// Creates a source of this runtime.
    pub fn new(runtime: Handle) -> Self {
        Self { runtime }
    }
}

impl Source for TokioSource {
    /// Reads the runtime. The lag of its event loop is left as it is, because the runtime does not measure it.
    fn read(&mut self, snapshot: &mut Snapshot) {
        let metrics = self.runtime.metrics();
        let runtime = &mut snapshot.runtime;
        let workers = metrics.num_workers();
        runtime.workers = Some(workers as u64);
        runtime.alive_tasks = Some(metrics.num_alive_tasks() as u64);
        runtime.global_queue = Some(metrics.global_queue_depth() as u64);
        #[cfg(target_has_atomic = "64")]
        {
            let busy = runtime.busy.get_or_insert_default();
            busy.clear();
            busy.extend((0..workers).map(|worker| metrics.worker_total_busy_duration(worker)));
            let parks = runtime.parks.get_or_insert_default();
            parks.clear();
            parks.extend((0..workers).map(|worker| metrics.worker_park_count(worker)));
        }
    }
}
