//! The names of Prometheus's client libraries, which many dashboards have.

use gusset_data::MetricDescriptor;

use super::{BYTES, SECONDS, Unit, counter, gauge, up_down_counter};

/// As `process.cpu.time`, without the mode.
pub const CPU_SECONDS: MetricDescriptor = counter(
    "process_cpu_seconds_total",
    SECONDS,
    "Total user and system CPU time spent in seconds.",
);

/// As `process.unix.file_descriptor.count`.
pub const OPEN_FDS: MetricDescriptor = up_down_counter(
    "process_open_fds",
    Unit::Count("{file_descriptor}"),
    "Number of open file descriptors.",
);

/// As `gusset.process.file_descriptor.limit`.
pub const MAX_FDS: MetricDescriptor = up_down_counter(
    "process_max_fds",
    Unit::Count("{file_descriptor}"),
    "Maximum number of open file descriptors.",
);

/// As `process.memory.virtual`.
pub const VIRTUAL_MEMORY: MetricDescriptor = up_down_counter(
    "process_virtual_memory_bytes",
    BYTES,
    "Virtual memory size in bytes.",
);

/// As `process.memory.usage`.
pub const RESIDENT_MEMORY: MetricDescriptor = up_down_counter(
    "process_resident_memory_bytes",
    BYTES,
    "Resident memory size in bytes.",
);

/// When the process was started.
pub const START_TIME: MetricDescriptor = gauge(
    "process_start_time_seconds",
    SECONDS,
    "Start time of the process since unix epoch in seconds.",
);

/// As `process.thread.count`.
pub const THREADS: MetricDescriptor = up_down_counter(
    "process_threads",
    Unit::Count("{thread}"),
    "Number of OS threads in the process.",
);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    CPU_SECONDS,
    OPEN_FDS,
    MAX_FDS,
    VIRTUAL_MEMORY,
    RESIDENT_MEMORY,
    START_TIME,
    THREADS,
];
