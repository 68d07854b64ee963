//! Readings of the process.

use std::time::{Duration, SystemTime};

/// Readings of the process. Threads that have ended are in all counters.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Process {
    /// CPU time in user code. Source: `/proc/self/stat`, in steps of a clock tick (10 ms).
    pub user_time: Option<Duration>,
    /// CPU time in the kernel.
    pub system_time: Option<Duration>,
    /// CPU time in user code and in the kernel together, on platforms that `sysinfo` reads.
    pub combined_time: Option<Duration>,
    /// The time in which threads could run and had no CPU. Source: `/proc/self/task/*/schedstat`.
    ///
    /// A thread counts from the snapshot in which it is first seen, to the last one. Unknown with more than
    /// [`MAX_THREADS`](crate::MAX_THREADS) threads.
    pub run_delay: Option<Duration>,
    /// The times that a thread was given a CPU. Source as for `run_delay`.
    pub timeslices: Option<u64>,
    /// Bytes of memory in use (RSS). Source: `/proc/self/statm`.
    pub resident: Option<u64>,
    /// Bytes of virtual memory.
    pub virtual_memory: Option<u64>,
    /// The threads.
    pub threads: Option<u64>,
    /// The open file descriptors. Source: the size of `/proc/self/fd`, or its entries before Linux 6.2.
    pub open_files: Option<u64>,
    /// The soft limit of open file descriptors (`RLIMIT_NOFILE`). `u64::MAX` if there is none.
    pub open_files_limit: Option<u64>,
    /// Page faults that needed a read of a device.
    pub major_faults: Option<u64>,
    /// Page faults that did not.
    pub minor_faults: Option<u64>,
    /// Bytes read from devices. Source: `/proc/self/io`.
    pub read_bytes: Option<u64>,
    /// Bytes written to devices, or to be written.
    pub written_bytes: Option<u64>,
    /// When the process was started.
    pub start_time: Option<SystemTime>,
}

// === impl Process ===

impl Process {
    /// Returns the CPU time in user code and in the kernel.
    pub fn cpu_time(&self) -> Option<Duration> {
        match (self.user_time, self.system_time) {
            (Some(user), Some(system)) => user.checked_add(system),
            _ => self.combined_time,
        }
    }
}
