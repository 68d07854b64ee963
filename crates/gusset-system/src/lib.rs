#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "calls")]
mod calls;
mod interval;
#[cfg(feature = "jemalloc")]
mod jemalloc_source;
#[cfg(feature = "lag")]
mod lag;
#[cfg(all(feature = "reader", target_os = "linux"))]
mod linux;
mod metrics;
pub mod names;
#[cfg(any(feature = "calls", feature = "lag"))]
mod producer;
mod sampler;
mod snapshot;
mod source;
#[cfg(feature = "sysinfo")]
mod sysinfo_source;
#[cfg(feature = "tokio")]
mod tokio_source;

pub use gusset_core::ConfigError;
pub use gusset_data::SharedStr;

#[cfg(feature = "calls")]
pub use self::calls::{
    CallMonitor, CallMonitorBuilder, CallSource, CallTimes, MonitoredCall, PollInProgress,
    RouteInFlight,
};
pub use self::interval::Interval;
#[cfg(feature = "jemalloc")]
pub use self::jemalloc_source::JemallocSource;
#[cfg(feature = "lag")]
pub use self::lag::{LagProbe, LagProducer, LagSource};
#[cfg(all(feature = "reader", target_os = "linux"))]
pub use self::linux::SystemReader;
pub use self::sampler::{Latest, SystemSampler, SystemSamplerBuilder};
pub use self::snapshot::{
    Allocator, Cgroup, CgroupVersion, CpuTimes, Dependency, Disk, Filesystem, Host, HostMemory,
    Interface, Limit, LoadAverage, MemoryEvents, Network, Paging, Pool, PortRange, Pressure,
    Pressures, Process, Route, Runtime, Service, Snapshot, Sockets, Stall, Tcp, Traffic,
};
pub use self::source::Source;
#[cfg(feature = "sysinfo")]
pub use self::sysinfo_source::SysinfoSource;
#[cfg(feature = "tokio")]
pub use self::tokio_source::TokioSource;

/// The greatest number of disks, of file systems and of interfaces in a snapshot.
///
/// Each is a label of metrics, so their number must have a bound. The first in the order of the kernel are kept.
pub const MAX_DEVICES: usize = 32;

/// The greatest number of threads whose run-queue delay is read.
pub const MAX_THREADS: usize = 256;

/// The target of log events.
const TARGET: &str = "gusset::system";
