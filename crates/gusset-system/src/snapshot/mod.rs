//! What was read at one moment, as plain data.

mod cgroup;
mod host;
mod limit;
mod memory;
mod network;
mod pressure;
mod process;
mod runtime;
mod service;
mod storage;

use std::time::{Duration, SystemTime};

pub use self::cgroup::{Cgroup, CgroupVersion, MemoryEvents};
pub use self::host::{CpuTimes, Host, LoadAverage, Paging};
pub use self::limit::Limit;
pub use self::memory::HostMemory;
pub use self::network::{Interface, Network, PortRange, Sockets, Tcp, Traffic};
pub use self::pressure::{Pressure, Pressures, Stall};
pub use self::process::Process;
pub use self::runtime::{Allocator, Runtime};
pub use self::service::{Dependency, Pool, Route, Service};
pub use self::storage::{Disk, Filesystem};

/// Everything that was read at one moment: host, cgroup, network namespace, process, runtime, service.
///
/// A value that could not be read is `None`: unknown, and not zero. Counters count since the start of what
/// they belong to; [`Interval`](crate::Interval) returns what was added between two snapshots.
///
/// The parts are kept apart, because a container reads the host's load and memory in `/proc`, but its own
/// sockets. [`effective_cpus`](Self::effective_cpus) and [`effective_memory`](Self::effective_memory) return
/// what the process may use.
///
/// ```
/// use gusset_system::{Limit, Snapshot};
///
/// let mut snapshot = Snapshot::default();
/// assert_eq!(snapshot.effective_cpus(), None, "nothing is known");
///
/// snapshot.host.cpus = Some(64);
/// snapshot.cgroup.cpu_limit = Some(Limit::Finite(1.5));
/// assert_eq!(snapshot.effective_cpus(), Some(1.5));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The monotonic time of the reading, since an origin that all snapshots of a reader share.
    pub time: Duration,
    /// The same by the wall clock, to be shown. It may be set, so it is not for differences.
    pub taken_at: Option<SystemTime>,
    /// The host: the node of a container, the virtual machine, the computer.
    pub host: Host,
    /// The control group of the process: the container.
    pub cgroup: Cgroup,
    /// The network namespace of the process: in Kubernetes that of the pod.
    pub network: Network,
    /// The process.
    pub process: Process,
    /// The asynchronous runtime.
    pub runtime: Runtime,
    /// The memory allocator.
    pub allocator: Allocator,
    /// The calls that the service answers and makes.
    pub service: Service,
}

// === impl Snapshot ===

impl Snapshot {
    /// Returns the CPUs that the process may use: the limit of its cgroup, or those of the host if they are fewer.
    ///
    /// `None` if the CPUs of the host are unknown, or if the process is in a cgroup with an unknown limit.
    pub fn effective_cpus(&self) -> Option<f64> {
        let of_host = self.host.cpus.map(f64::from);
        match self.cgroup.cpu_limit {
            Some(limit) => limit.below(of_host),
            None if self.cgroup.version.is_none() => of_host,
            None => None,
        }
    }

    /// Returns the bytes of memory that the process may use: the limit of its cgroup, or the memory of the host
    /// if that is less.
    ///
    /// `None` as for [`effective_cpus`](Self::effective_cpus).
    pub fn effective_memory(&self) -> Option<u64> {
        let of_host = self.host.memory.total;
        match self.cgroup.memory_limit {
            Some(limit) => limit.below(of_host),
            None if self.cgroup.version.is_none() => of_host,
            None => None,
        }
    }

    /// Returns the bytes that count against [`effective_memory`](Self::effective_memory): the working set of the
    /// cgroup if its limit is the lesser one, or else what the host cannot give any more.
    pub fn memory_used(&self) -> Option<u64> {
        let of_host = self.host.memory.used();
        match self.cgroup.memory_limit {
            Some(Limit::Finite(limit)) if self.host.memory.total.is_none_or(|it| limit < it) => {
                self.cgroup.working_set()
            }
            Some(_) => of_host,
            None if self.cgroup.version.is_none() => of_host,
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_above_the_host_is_that_of_the_host() {
        let mut snapshot = Snapshot::default();
        snapshot.host.cpus = Some(2);
        snapshot.cgroup.cpu_limit = Some(Limit::Finite(4.0));
        snapshot.host.memory.total = Some(1 << 30);
        snapshot.cgroup.memory_limit = Some(Limit::Finite(1 << 40));
        assert_eq!(snapshot.effective_cpus(), Some(2.0));
        assert_eq!(snapshot.effective_memory(), Some(1 << 30));
    }

    #[test]
    fn no_limit_is_that_of_the_host() {
        let mut snapshot = Snapshot::default();
        snapshot.cgroup.version = Some(CgroupVersion::V2);
        snapshot.cgroup.cpu_limit = Some(Limit::Unlimited);
        assert_eq!(snapshot.effective_cpus(), None);
        snapshot.host.cpus = Some(2);
        assert_eq!(snapshot.effective_cpus(), Some(2.0));
    }

    #[test]
    fn unknown_limit_of_a_cgroup_is_unknown() {
        let mut snapshot = Snapshot::default();
        snapshot.host.cpus = Some(2);
        snapshot.host.memory.total = Some(1 << 30);
        assert_eq!(snapshot.effective_cpus(), Some(2.0), "no cgroup");
        snapshot.cgroup.version = Some(CgroupVersion::V2);
        assert_eq!(snapshot.effective_cpus(), None);
        assert_eq!(snapshot.effective_memory(), None);
    }

    #[test]
    fn used_memory_is_of_what_limits() {
        let mut snapshot = Snapshot::default();
        snapshot.host.memory.total = Some(1000);
        snapshot.host.memory.available = Some(400);
        snapshot.cgroup.memory_limit = Some(Limit::Finite(100));
        snapshot.cgroup.memory_usage = Some(90);
        snapshot.cgroup.inactive_file = Some(30);
        assert_eq!(snapshot.memory_used(), Some(60));
        snapshot.cgroup.memory_limit = Some(Limit::Unlimited);
        assert_eq!(snapshot.memory_used(), Some(600));
    }
}
