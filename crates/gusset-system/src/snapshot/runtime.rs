//! Readings of the asynchronous runtime and of the memory allocator.

use std::time::Duration;

/// Readings of a Tokio runtime, by what is stable there (without `tokio_unstable`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Runtime {
    /// The worker threads.
    pub workers: Option<u64>,
    /// The tasks that have not ended.
    pub alive_tasks: Option<u64>,
    /// The tasks in the global queue, which wait for a worker.
    pub global_queue: Option<u64>,
    /// The time in which each worker polled tasks or drivers. Targets with 64-bit atomics only.
    pub busy: Option<Vec<Duration>>,
    /// The times that each worker parked: had nothing to do.
    pub parks: Option<Vec<u64>>,
    /// The 99th percentile of how late a timer fired since the snapshot before: the lag of the event loop.
    pub lag_p99: Option<Duration>,
}

/// Readings of the memory allocator, in bytes. Source: `stats.*` of jemalloc.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Allocator {
    /// Bytes that the program has allocated.
    pub allocated: Option<u64>,
    /// Bytes of pages with allocations.
    pub active: Option<u64>,
    /// Bytes of pages in physical memory.
    pub resident: Option<u64>,
    /// Bytes of address space that the allocator has.
    pub mapped: Option<u64>,
}

// === impl Runtime ===

impl Runtime {
    /// Returns the time in which all workers together polled.
    pub fn total_busy(&self) -> Option<Duration> {
        let busy = self.busy.as_ref()?;
        busy.iter()
            .try_fold(Duration::ZERO, |sum, it| sum.checked_add(*it))
    }
}
