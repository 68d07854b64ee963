//! Metrics of the host and of the network namespace, by the semantic conventions.

use gusset_data::MetricDescriptor;
use gusset_data::semconv::{
    CPU_MODE, DISK_IO_DIRECTION, NETWORK_CONNECTION_STATE, NETWORK_INTERFACE_NAME,
    NETWORK_IO_DIRECTION, NETWORK_TRANSPORT, SYSTEM_DEVICE, SYSTEM_FILESYSTEM_MOUNTPOINT,
    SYSTEM_FILESYSTEM_STATE, SYSTEM_FILESYSTEM_TYPE, SYSTEM_MEMORY_STATE, SYSTEM_PAGING_DIRECTION,
    SYSTEM_PAGING_FAULT_TYPE, SYSTEM_PAGING_STATE,
};

use super::{BYTES, SECONDS, Unit, counter, gauge, up_down_counter};

/// The time since the start.
pub const SYSTEM_UPTIME: MetricDescriptor =
    gauge("system.uptime", SECONDS, "Time since the host was started.");

/// The logical CPUs that are online.
pub const SYSTEM_CPU_COUNT: MetricDescriptor = up_down_counter(
    "system.cpu.logical.count",
    Unit::Count("{cpu}"),
    "Logical CPUs of the host.",
);

/// The time of all CPUs.
pub const SYSTEM_CPU_TIME: MetricDescriptor = counter(
    "system.cpu.time",
    SECONDS,
    "Time of all CPUs of the host, by what they did.",
)
.with_labels(&[CPU_MODE]);

/// The memory by state.
pub const SYSTEM_MEMORY_USAGE: MetricDescriptor = up_down_counter(
    "system.memory.usage",
    BYTES,
    "Memory of the host, by what it is used for.",
)
.with_labels(&[SYSTEM_MEMORY_STATE]);

/// All memory.
pub const SYSTEM_MEMORY_LIMIT: MetricDescriptor =
    up_down_counter("system.memory.limit", BYTES, "All memory of the host.");

/// The memory that programs can get.
pub const SYSTEM_MEMORY_AVAILABLE: MetricDescriptor = up_down_counter(
    "system.memory.linux.available",
    BYTES,
    "Memory of the host that programs can get without swapping.",
);

/// The swap space.
pub const SYSTEM_PAGING_USAGE: MetricDescriptor =
    up_down_counter("system.paging.usage", BYTES, "Swap space of the host.")
        .with_labels(&[SYSTEM_PAGING_STATE]);

/// The page faults.
pub const SYSTEM_PAGING_FAULTS: MetricDescriptor = counter(
    "system.paging.faults",
    Unit::Count("{fault}"),
    "Page faults of the host.",
)
.with_labels(&[SYSTEM_PAGING_FAULT_TYPE]);

/// The pages read from and written to swap space.
pub const SYSTEM_PAGING_OPERATIONS: MetricDescriptor = counter(
    "system.paging.operations",
    Unit::Count("{operation}"),
    "Pages read from and written to swap space.",
)
.with_labels(&[SYSTEM_PAGING_DIRECTION]);

/// The bytes read and written.
pub const SYSTEM_DISK_IO: MetricDescriptor = counter(
    "system.disk.io",
    BYTES,
    "Bytes read from and written to disks.",
)
.with_labels(&[SYSTEM_DEVICE, DISK_IO_DIRECTION]);

/// The completed operations.
pub const SYSTEM_DISK_OPERATIONS: MetricDescriptor = counter(
    "system.disk.operations",
    Unit::Count("{operation}"),
    "Completed operations of disks.",
)
.with_labels(&[SYSTEM_DEVICE, DISK_IO_DIRECTION]);

/// The time with any operation.
pub const SYSTEM_DISK_IO_TIME: MetricDescriptor = counter(
    "system.disk.io_time",
    SECONDS,
    "Time in which a disk had any operation.",
)
.with_labels(&[SYSTEM_DEVICE]);

/// The sum of the time of operations.
pub const SYSTEM_DISK_OPERATION_TIME: MetricDescriptor = counter(
    "system.disk.operation_time",
    SECONDS,
    "Sum of the time that operations of disks took.",
)
.with_labels(&[SYSTEM_DEVICE, DISK_IO_DIRECTION]);

/// The space by state: what only the superuser can use is `reserved`.
pub const SYSTEM_FILESYSTEM_USAGE: MetricDescriptor =
    up_down_counter("system.filesystem.usage", BYTES, "Space of file systems.").with_labels(&[
        SYSTEM_DEVICE,
        SYSTEM_FILESYSTEM_MOUNTPOINT,
        SYSTEM_FILESYSTEM_STATE,
        SYSTEM_FILESYSTEM_TYPE,
    ]);

/// The size.
pub const SYSTEM_FILESYSTEM_LIMIT: MetricDescriptor =
    up_down_counter("system.filesystem.limit", BYTES, "Size of file systems.").with_labels(&[
        SYSTEM_DEVICE,
        SYSTEM_FILESYSTEM_MOUNTPOINT,
        SYSTEM_FILESYSTEM_TYPE,
    ]);

/// The bytes received and sent.
pub const SYSTEM_NETWORK_IO: MetricDescriptor = counter(
    "system.network.io",
    BYTES,
    "Bytes received and sent by network interfaces.",
)
.with_labels(&[NETWORK_INTERFACE_NAME, NETWORK_IO_DIRECTION]);

/// The packets received and sent. The conventions call the interface a device here.
pub const SYSTEM_NETWORK_PACKETS: MetricDescriptor = counter(
    "system.network.packet.count",
    Unit::Count("{packet}"),
    "Packets received and sent by network interfaces.",
)
.with_labels(&[NETWORK_IO_DIRECTION, SYSTEM_DEVICE]);

/// The errors.
pub const SYSTEM_NETWORK_ERRORS: MetricDescriptor = counter(
    "system.network.errors",
    Unit::Count("{error}"),
    "Errors of network interfaces.",
)
.with_labels(&[NETWORK_INTERFACE_NAME, NETWORK_IO_DIRECTION]);

/// The packets dropped without an error.
pub const SYSTEM_NETWORK_DROPPED: MetricDescriptor = counter(
    "system.network.packet.dropped",
    Unit::Count("{packet}"),
    "Packets that network interfaces dropped without an error.",
)
.with_labels(&[NETWORK_INTERFACE_NAME, NETWORK_IO_DIRECTION]);

/// The connections that are established or in TIME_WAIT.
pub const SYSTEM_NETWORK_CONNECTIONS: MetricDescriptor = up_down_counter(
    "system.network.connection.count",
    Unit::Count("{connection}"),
    "TCP connections by state.",
)
.with_labels(&[NETWORK_CONNECTION_STATE, NETWORK_TRANSPORT]);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    SYSTEM_UPTIME,
    SYSTEM_CPU_COUNT,
    SYSTEM_CPU_TIME,
    SYSTEM_MEMORY_USAGE,
    SYSTEM_MEMORY_LIMIT,
    SYSTEM_MEMORY_AVAILABLE,
    SYSTEM_PAGING_USAGE,
    SYSTEM_PAGING_FAULTS,
    SYSTEM_PAGING_OPERATIONS,
    SYSTEM_DISK_IO,
    SYSTEM_DISK_OPERATIONS,
    SYSTEM_DISK_IO_TIME,
    SYSTEM_DISK_OPERATION_TIME,
    SYSTEM_FILESYSTEM_USAGE,
    SYSTEM_FILESYSTEM_LIMIT,
    SYSTEM_NETWORK_IO,
    SYSTEM_NETWORK_PACKETS,
    SYSTEM_NETWORK_ERRORS,
    SYSTEM_NETWORK_DROPPED,
    SYSTEM_NETWORK_CONNECTIONS,
];
