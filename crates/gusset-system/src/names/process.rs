//! Metrics of the process, by the semantic conventions.

use gusset_data::MetricDescriptor;
use gusset_data::semconv::{CPU_MODE, DISK_IO_DIRECTION, SYSTEM_PAGING_FAULT_TYPE};

use super::{BYTES, SECONDS, Unit, counter, gauge, up_down_counter};

/// The CPU time in user code and in the kernel.
pub const PROCESS_CPU_TIME: MetricDescriptor =
    counter("process.cpu.time", SECONDS, "CPU time of the process.").with_labels(&[CPU_MODE]);

/// The memory in use (RSS).
pub const PROCESS_MEMORY_USAGE: MetricDescriptor = up_down_counter(
    "process.memory.usage",
    BYTES,
    "Physical memory of the process.",
);

/// The virtual memory.
pub const PROCESS_MEMORY_VIRTUAL: MetricDescriptor = up_down_counter(
    "process.memory.virtual",
    BYTES,
    "Virtual memory of the process.",
);

/// The bytes read from and written to disks.
pub const PROCESS_DISK_IO: MetricDescriptor = counter(
    "process.disk.io",
    BYTES,
    "Bytes that the process read from and wrote to disks.",
)
.with_labels(&[DISK_IO_DIRECTION]);

/// The threads.
pub const PROCESS_THREAD_COUNT: MetricDescriptor = up_down_counter(
    "process.thread.count",
    Unit::Count("{thread}"),
    "Threads of the process.",
);

/// The open file descriptors.
pub const PROCESS_FILE_DESCRIPTORS: MetricDescriptor = up_down_counter(
    "process.unix.file_descriptor.count",
    Unit::Count("{file_descriptor}"),
    "Open file descriptors of the process.",
);

/// The page faults.
pub const PROCESS_PAGING_FAULTS: MetricDescriptor = counter(
    "process.paging.faults",
    Unit::Count("{fault}"),
    "Page faults of the process.",
)
.with_labels(&[SYSTEM_PAGING_FAULT_TYPE]);

/// The time since the start.
pub const PROCESS_UPTIME: MetricDescriptor = gauge(
    "process.uptime",
    SECONDS,
    "Time since the process was started.",
);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    PROCESS_CPU_TIME,
    PROCESS_MEMORY_USAGE,
    PROCESS_MEMORY_VIRTUAL,
    PROCESS_DISK_IO,
    PROCESS_THREAD_COUNT,
    PROCESS_FILE_DESCRIPTORS,
    PROCESS_PAGING_FAULTS,
    PROCESS_UPTIME,
];
