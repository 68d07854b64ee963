//! Metrics that the semantic conventions do not define.

use gusset_data::MetricDescriptor;
use gusset_data::semconv::{SYSTEM_DEVICE, SYSTEM_FILESYSTEM_MOUNTPOINT, SYSTEM_FILESYSTEM_STATE};

use super::{BYTES, SECONDS, Unit, counter, gauge, up_down_counter};

/// `gusset.load.period`: `1m`, `5m` or `15m`.
pub const GUSSET_LOAD_PERIOD: &str = "gusset.load.period";
/// `gusset.task.state`: `runnable` or `blocked`.
pub const GUSSET_TASK_STATE: &str = "gusset.task.state";
/// `gusset.pressure.resource`: `cpu`, `memory` or `io`.
pub const GUSSET_PRESSURE_RESOURCE: &str = "gusset.pressure.resource";
/// `gusset.pressure.kind`: `some` or `full`.
pub const GUSSET_PRESSURE_KIND: &str = "gusset.pressure.kind";
/// `gusset.memory.event`: `high`, `max`, `oom` or `oom_kill`.
pub const GUSSET_MEMORY_EVENT: &str = "gusset.memory.event";
/// `gusset.socket.state`: `in_use`, `time_wait`, `orphan` or `allocated`.
pub const GUSSET_SOCKET_STATE: &str = "gusset.socket.state";
/// `gusset.segment.kind`: `received`, `sent` or `retransmitted`.
pub const GUSSET_SEGMENT_KIND: &str = "gusset.segment.kind";
/// `gusset.allocator.state`: `allocated`, `active`, `resident` or `mapped`.
pub const GUSSET_ALLOCATOR_STATE: &str = "gusset.allocator.state";

/// The load average over `1m`, `5m` and `15m`.
pub const LOAD: MetricDescriptor = gauge(
    "gusset.system.load",
    Unit::Count("{task}"),
    "Load average: tasks that run, could run or wait for a device.",
)
.with_labels(&[GUSSET_LOAD_PERIOD]);

/// The tasks that are `runnable` or `blocked`.
pub const TASKS: MetricDescriptor = up_down_counter(
    "gusset.system.tasks",
    Unit::Count("{task}"),
    "Tasks of the host that could run, or wait for a device.",
)
.with_labels(&[GUSSET_TASK_STATE]);

/// The time in which `some` or `full` (all) tasks waited for `cpu`, `memory` or `io`.
pub const PRESSURE: MetricDescriptor = counter(
    "gusset.system.pressure.stall",
    SECONDS,
    "Time in which tasks of the host waited for a resource.",
)
.with_labels(&[GUSSET_PRESSURE_RESOURCE, GUSSET_PRESSURE_KIND]);

/// The processes killed for want of memory.
pub const OOM_KILLS: MetricDescriptor = counter(
    "gusset.system.oom_kills",
    Unit::Count("{process}"),
    "Processes that the kernel killed for want of memory.",
);

/// The time of all operations in progress.
pub const DISK_QUEUE_TIME: MetricDescriptor = counter(
    "gusset.system.disk.queue_time",
    SECONDS,
    "Time of all operations in progress of a disk: its rate is the mean length of the queue.",
)
.with_labels(&[SYSTEM_DEVICE]);

/// The inodes by state.
pub const FILESYSTEM_INODES: MetricDescriptor = up_down_counter(
    "gusset.system.filesystem.inodes",
    Unit::Count("{inode}"),
    "Inodes of file systems.",
)
.with_labels(&[SYSTEM_FILESYSTEM_MOUNTPOINT, SYSTEM_FILESYSTEM_STATE]);

/// The open file descriptors.
pub const OPEN_FILES: MetricDescriptor = up_down_counter(
    "gusset.system.file_descriptors",
    Unit::Count("{file_descriptor}"),
    "Open file descriptors of the host.",
);

/// Their limit.
pub const OPEN_FILES_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.system.file_descriptor.limit",
    Unit::Count("{file_descriptor}"),
    "Limit of the open file descriptors of the host.",
);

/// The sign-in sessions.
pub const SESSIONS: MetricDescriptor = up_down_counter(
    "gusset.system.sessions",
    Unit::Count("{session}"),
    "Sign-in sessions of the host.",
);

/// The limit of CPU time.
pub const CGROUP_CPU_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.cgroup.cpu.limit",
    Unit::Count("{cpu}"),
    "Smallest limit of CPU time, from the cgroup up to the root. Absent without a limit.",
);

/// The periods of the limit.
pub const CGROUP_PERIODS: MetricDescriptor = counter(
    "gusset.cgroup.cpu.periods",
    Unit::Count("{period}"),
    "Periods of the limit of CPU time.",
);

/// The periods in which tasks were stopped.
pub const CGROUP_THROTTLED_PERIODS: MetricDescriptor = counter(
    "gusset.cgroup.cpu.throttled_periods",
    Unit::Count("{period}"),
    "Periods in which tasks were stopped because the limit of CPU time was used up.",
);

/// The time in which tasks were stopped.
pub const CGROUP_THROTTLED_TIME: MetricDescriptor = counter(
    "gusset.cgroup.cpu.throttled_time",
    SECONDS,
    "Time in which tasks were stopped because the limit of CPU time was used up.",
);

/// The limit of memory.
pub const CGROUP_MEMORY_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.cgroup.memory.limit",
    BYTES,
    "Smallest limit of memory, from the cgroup up to the root. Absent without a limit.",
);

/// What happened at the limits: `high`, `max`, `oom`, `oom_kill`.
pub const CGROUP_MEMORY_EVENTS: MetricDescriptor = counter(
    "gusset.cgroup.memory.events",
    Unit::Count("{event}"),
    "What happened at the limits of memory.",
)
.with_labels(&[GUSSET_MEMORY_EVENT]);

/// The tasks.
pub const CGROUP_TASKS: MetricDescriptor = up_down_counter(
    "gusset.cgroup.tasks",
    Unit::Count("{task}"),
    "Tasks of the cgroup.",
);

/// The limit of tasks.
pub const CGROUP_TASKS_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.cgroup.task.limit",
    Unit::Count("{task}"),
    "Smallest limit of tasks, from the cgroup up to the root. Absent without a limit.",
);

/// The time in which tasks of the cgroup waited.
pub const CGROUP_PRESSURE: MetricDescriptor = counter(
    "gusset.cgroup.pressure.stall",
    SECONDS,
    "Time in which tasks of the cgroup waited for a resource.",
)
.with_labels(&[GUSSET_PRESSURE_RESOURCE, GUSSET_PRESSURE_KIND]);

/// The TCP sockets `in_use` and in `time_wait` of the network namespace, and those that are `orphan` or `allocated` of the host.
pub const TCP_SOCKETS: MetricDescriptor = up_down_counter(
    "gusset.tcp.sockets",
    Unit::Count("{socket}"),
    "TCP sockets by state.",
)
.with_labels(&[GUSSET_SOCKET_STATE]);

/// The memory of TCP.
pub const TCP_MEMORY: MetricDescriptor = up_down_counter(
    "gusset.tcp.memory",
    BYTES,
    "Buffers of the TCP sockets of the host.",
);

/// The ports for outgoing connections.
pub const TCP_PORTS: MetricDescriptor = up_down_counter(
    "gusset.tcp.ephemeral_ports",
    Unit::Count("{port}"),
    "Ports for outgoing connections.",
);

/// The segments `received`, `sent` and `retransmitted`.
pub const TCP_SEGMENTS: MetricDescriptor = counter(
    "gusset.tcp.segments",
    Unit::Count("{segment}"),
    "TCP segments received, sent, and sent again.",
)
.with_labels(&[GUSSET_SEGMENT_KIND]);

/// The connections dropped by a full queue.
pub const TCP_LISTEN_OVERFLOWS: MetricDescriptor = counter(
    "gusset.tcp.listen.overflows",
    Unit::Count("{connection}"),
    "Connections dropped because the queue of a listener was full.",
);

/// The connections dropped by listeners.
pub const TCP_LISTEN_DROPS: MetricDescriptor = counter(
    "gusset.tcp.listen.drops",
    Unit::Count("{connection}"),
    "Connections that a listener dropped for any reason.",
);

/// The time-outs.
pub const TCP_TIMEOUTS: MetricDescriptor = counter(
    "gusset.tcp.timeouts",
    Unit::Count("{timeout}"),
    "Time-outs of TCP, mostly of retransmissions.",
);

/// The failed attempts.
pub const TCP_ATTEMPT_FAILS: MetricDescriptor = counter(
    "gusset.tcp.failed_attempts",
    Unit::Count("{connection}"),
    "TCP connections that could not be opened.",
);

/// The tracked connections.
pub const TRACKED_CONNECTIONS: MetricDescriptor = up_down_counter(
    "gusset.system.tracked_connections",
    Unit::Count("{connection}"),
    "Connections that the packet filter tracks.",
);

/// Their limit.
pub const TRACKED_CONNECTIONS_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.system.tracked_connection.limit",
    Unit::Count("{connection}"),
    "Limit of the connections that the packet filter tracks.",
);

/// The time in the run queue.
pub const PROCESS_RUN_DELAY: MetricDescriptor = counter(
    "gusset.process.run_delay",
    SECONDS,
    "Time in which threads of the process could run and had no CPU.",
);

/// The timeslices.
pub const PROCESS_TIMESLICES: MetricDescriptor = counter(
    "gusset.process.timeslices",
    Unit::Count("{timeslice}"),
    "Times that a thread of the process was given a CPU.",
);

/// The limit of open file descriptors.
pub const PROCESS_FILE_DESCRIPTOR_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.process.file_descriptor.limit",
    Unit::Count("{file_descriptor}"),
    "Limit of the open file descriptors of the process. Absent without a limit.",
);

/// The effective limit of CPU time.
pub const PROCESS_CPU_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.process.cpu.limit",
    Unit::Count("{cpu}"),
    "CPUs that the process may use: the limit of its cgroup, or those of the host.",
);

/// The effective limit of memory.
pub const PROCESS_MEMORY_LIMIT: MetricDescriptor = up_down_counter(
    "gusset.process.memory.limit",
    BYTES,
    "Memory that the process may use: the limit of its cgroup, or that of the host.",
);

/// The workers.
pub const TOKIO_WORKERS: MetricDescriptor = up_down_counter(
    "gusset.tokio.workers",
    Unit::Count("{thread}"),
    "Worker threads of the Tokio runtime.",
);

/// The busy time of all workers together.
pub const TOKIO_BUSY: MetricDescriptor = counter(
    "gusset.tokio.workers.busy",
    SECONDS,
    "Time in which workers of the Tokio runtime polled, of all workers together.",
);

/// The times that workers parked.
pub const TOKIO_PARKS: MetricDescriptor = counter(
    "gusset.tokio.workers.parks",
    Unit::Count("{park}"),
    "Times that a worker of the Tokio runtime had nothing to do.",
);

/// The tasks alive.
pub const TOKIO_TASKS: MetricDescriptor = up_down_counter(
    "gusset.tokio.alive_tasks",
    Unit::Count("{task}"),
    "Tasks of the Tokio runtime that have not ended.",
);

/// The tasks in the global queue.
pub const TOKIO_GLOBAL_QUEUE: MetricDescriptor = up_down_counter(
    "gusset.tokio.global_queue.depth",
    Unit::Count("{task}"),
    "Tasks in the global queue of the Tokio runtime.",
);

/// The memory that is `allocated`, `active`, `resident` or `mapped`.
pub const ALLOCATOR_MEMORY: MetricDescriptor =
    up_down_counter("gusset.allocator.memory", BYTES, "Memory of the allocator.")
        .with_labels(&[GUSSET_ALLOCATOR_STATE]);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    LOAD,
    TASKS,
    PRESSURE,
    OOM_KILLS,
    DISK_QUEUE_TIME,
    FILESYSTEM_INODES,
    OPEN_FILES,
    OPEN_FILES_LIMIT,
    SESSIONS,
    CGROUP_CPU_LIMIT,
    CGROUP_PERIODS,
    CGROUP_THROTTLED_PERIODS,
    CGROUP_THROTTLED_TIME,
    CGROUP_MEMORY_LIMIT,
    CGROUP_MEMORY_EVENTS,
    CGROUP_TASKS,
    CGROUP_TASKS_LIMIT,
    CGROUP_PRESSURE,
    TCP_SOCKETS,
    TCP_MEMORY,
    TCP_PORTS,
    TCP_SEGMENTS,
    TCP_LISTEN_OVERFLOWS,
    TCP_LISTEN_DROPS,
    TCP_TIMEOUTS,
    TCP_ATTEMPT_FAILS,
    TRACKED_CONNECTIONS,
    TRACKED_CONNECTIONS_LIMIT,
    PROCESS_RUN_DELAY,
    PROCESS_TIMESLICES,
    PROCESS_FILE_DESCRIPTOR_LIMIT,
    PROCESS_CPU_LIMIT,
    PROCESS_MEMORY_LIMIT,
    TOKIO_WORKERS,
    TOKIO_BUSY,
    TOKIO_PARKS,
    TOKIO_TASKS,
    TOKIO_GLOBAL_QUEUE,
    ALLOCATOR_MEMORY,
];
