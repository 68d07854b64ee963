//! Readings of the host.

use std::time::{Duration, SystemTime};

use super::{Disk, Filesystem, HostMemory, Pressures};

/// Readings of the host. In a container they are those of the node, except file systems and sessions.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Host {
    /// The load average. Source: `/proc/loadavg`.
    pub load: Option<LoadAverage>,
    /// The logical CPUs that are online. Source: `/proc/stat`.
    pub cpus: Option<u32>,
    /// The time of all CPUs by mode. Source: `/proc/stat`.
    pub cpu: CpuTimes,
    /// The tasks that run or could run. Source: `procs_running` of `/proc/stat`.
    pub runnable: Option<u64>,
    /// The tasks that wait for a device, which cannot be interrupted. Source: `procs_blocked` of `/proc/stat`.
    pub blocked: Option<u64>,
    /// When the host was started. Source: `btime` of `/proc/stat`.
    pub boot_time: Option<SystemTime>,
    /// The memory and the swap space.
    pub memory: HostMemory,
    /// Page faults and swapping.
    pub paging: Paging,
    /// The disks, at most [`MAX_DEVICES`](crate::MAX_DEVICES). Source: `/proc/diskstats`.
    pub disks: Option<Vec<Disk>>,
    /// The local file systems that the process sees, at most [`MAX_DEVICES`](crate::MAX_DEVICES). Source: `statvfs`
    /// of each in `/proc/self/mountinfo`.
    pub filesystems: Option<Vec<Filesystem>>,
    /// Pressure stall information. Source: `/proc/pressure`.
    pub pressure: Pressures,
    /// The open file descriptors. Source: `/proc/sys/fs/file-nr`.
    pub open_files: Option<u64>,
    /// The limit of open file descriptors. Source: `/proc/sys/fs/file-nr`.
    pub open_files_limit: Option<u64>,
    /// The sign-in sessions. Source: `/run/systemd/sessions`, or else `/run/utmp`. Containers have neither.
    pub sessions: Option<u64>,
}

/// The load average: the tasks that run, could run or wait for a device, as exponential means.
///
/// On Linux it counts tasks in uninterruptible sleep too, so a high one is not always a need for CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LoadAverage {
    /// Over one minute.
    pub one: f64,
    /// Over five minutes.
    pub five: f64,
    /// Over fifteen minutes.
    pub fifteen: f64,
}

/// The time of all CPUs of the host by mode. Guests are in `user` and `nice`.
///
/// `idle` and `iowait` may decrease (`proc_stat(5)`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CpuTimes {
    /// User code.
    pub user: Option<Duration>,
    /// User code with low priority.
    pub nice: Option<Duration>,
    /// The kernel.
    pub system: Option<Duration>,
    /// Nothing to do.
    pub idle: Option<Duration>,
    /// Nothing to do while a task waits for a device.
    pub iowait: Option<Duration>,
    /// Interrupts.
    pub irq: Option<Duration>,
    /// Deferred work of interrupts.
    pub softirq: Option<Duration>,
    /// Time that the hypervisor gave to others.
    pub steal: Option<Duration>,
}

/// Page faults and swapping of the host. Source: `/proc/vmstat`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Paging {
    /// Page faults of both kinds.
    pub faults: Option<u64>,
    /// Page faults that needed a read of a device.
    pub major_faults: Option<u64>,
    /// Pages read from swap space.
    pub swapped_in: Option<u64>,
    /// Pages written to swap space.
    pub swapped_out: Option<u64>,
    /// Processes that the kernel killed for want of memory. Since Linux 4.13.
    pub oom_kills: Option<u64>,
}

// === impl CpuTimes ===

impl CpuTimes {
    /// Returns the times by what OpenTelemetry calls their mode (`cpu.mode`), which has one for both kinds of
    /// interrupts.
    pub fn by_mode(&self) -> [(&'static str, Option<Duration>); 7] {
        let Self {
            user,
            nice,
            system,
            idle,
            iowait,
            irq,
            softirq,
            steal,
        } = *self;
        let interrupt = irq.and_then(|irq| irq.checked_add(softirq.unwrap_or_default()));
        [
            ("user", user),
            ("nice", nice),
            ("system", system),
            ("idle", idle),
            ("iowait", iowait),
            ("interrupt", interrupt),
            ("steal", steal),
        ]
    }

    /// Returns the sum of all modes. `None` if that of user, system or idle is unknown.
    pub fn total(&self) -> Option<Duration> {
        let (Some(_), Some(_), Some(_)) = (self.user, self.system, self.idle) else {
            return None;
        };
        let times = self.by_mode();
        let mut known = times.iter().filter_map(|(_, time)| *time);
        known.try_fold(Duration::ZERO, Duration::checked_add)
    }
}
