//! Readings of the control group.

use std::time::Duration;

use super::{Limit, Pressures};

/// Readings of the control group of the process, which is usually its container.
///
/// Limits are the smallest finite ones from the cgroup of the process up to the root that it sees; a group can
/// have a limit above that it cannot see. All other values are of the cgroup of the process.
///
/// Sources: the kernel's `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Cgroup {
    /// The version. `None` if it is unknown whether there is one.
    pub version: Option<CgroupVersion>,
    /// The limit of CPU time, in CPUs: `cpu.max`, or `cpu.cfs_quota_us` divided by `cpu.cfs_period_us`.
    pub cpu_limit: Option<Limit<f64>>,
    /// The CPU time used: `usage_usec` of `cpu.stat`, or `cpuacct.usage`.
    pub cpu_time: Option<Duration>,
    /// The periods of the CPU limit in which a task was runnable (`nr_periods`). Without a limit it stays 0.
    pub periods: Option<u64>,
    /// The periods in which tasks were stopped because the limit was used up (`nr_throttled`).
    pub throttled_periods: Option<u64>,
    /// The time in which tasks were stopped, of all CPUs together (`throttled_usec`, `throttled_time`).
    pub throttled_time: Option<Duration>,
    /// The bytes of memory used, with the page cache: `memory.current`, or `memory.usage_in_bytes`.
    pub memory_usage: Option<u64>,
    /// The bytes of the page cache that were not used lately (`inactive_file`, in v1 `total_inactive_file`).
    pub inactive_file: Option<u64>,
    /// The limit of memory in bytes: `memory.max`, or `memory.limit_in_bytes`.
    pub memory_limit: Option<Limit<u64>>,
    /// What happened at the limits of memory.
    pub memory_events: MemoryEvents,
    /// The tasks: `pids.current`.
    pub tasks: Option<u64>,
    /// The limit of tasks: `pids.max`.
    pub tasks_limit: Option<Limit<u64>>,
    /// Pressure stall information of the cgroup. Version 2 only.
    pub pressure: Pressures,
}

/// The version of the control groups, by where the controllers of CPU and memory are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CgroupVersion {
    /// There are no control groups.
    Absent,
    /// Version 1.
    V1,
    /// Version 2.
    V2,
    /// Version 1, with an empty hierarchy of version 2 beside it, as systemd mounts it.
    Hybrid,
}

/// What happened at the limits of memory. Sources: `memory.events`; in version 1 `memory.failcnt` for `max`, and
/// `memory.oom_control` for `oom_kills`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MemoryEvents {
    /// Times that tasks were slowed down at `memory.high`.
    pub high: Option<u64>,
    /// Times that the use was about to go over the limit.
    pub max: Option<u64>,
    /// Times that memory could not be allocated within the limit.
    pub oom: Option<u64>,
    /// Processes of the cgroup that the kernel killed for want of memory.
    pub oom_kills: Option<u64>,
}

// === impl Cgroup ===

impl Cgroup {
    /// Returns the working set in bytes: memory that the kernel cannot take away without a cost. That is what
    /// Kubernetes compares with the limit.
    pub fn working_set(&self) -> Option<u64> {
        Some(self.memory_usage?.saturating_sub(self.inactive_file?))
    }
}

// === impl CgroupVersion ===

impl CgroupVersion {
    /// Returns the version as text: `absent`, `v1`, `v2` or `hybrid`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::Hybrid => "hybrid",
        }
    }
}
