//! Reads what the crate `sysinfo` has.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sysinfo::{
    Disks, MemoryRefreshKind, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
};

use crate::{
    CgroupVersion, Filesystem, HostMemory, Interface, Limit, LoadAverage, MAX_DEVICES, SharedStr,
    Snapshot, Source, Traffic,
};

/// Reads host and process by the crate `sysinfo`, for macOS, Windows and FreeBSD. A [`SystemSampler`](crate::SystemSampler)
/// uses it there by itself.
///
/// It has memory, load, file systems, interfaces, and memory and CPU time of the process. The rest is unknown: sockets,
/// pressure, run-queue delay, threads. On Linux `SystemReader` has more for less.
///
/// ```
/// use gusset_system::{Snapshot, Source as _, SysinfoSource};
///
/// let mut snapshot = Snapshot::default();
/// SysinfoSource::new().read(&mut snapshot);
/// assert!(snapshot.host.memory.total > Some(0));
/// ```
pub struct SysinfoSource {
    system: System,
    disks: Disks,
    networks: Networks,
    process: Option<Pid>,
}

// === impl SysinfoSource ===

impl SysinfoSource {
    /// Creates a source.
    pub fn new() -> Self {
        let mut system = System::new();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        Self {
            system,
            disks: Disks::new(),
            networks: Networks::new(),
            process: sysinfo::get_current_pid().ok(),
        }
    }

    fn read_host(&mut self, snapshot: &mut Snapshot) {
        let Self { system, disks, .. } = self;
        let host = &mut snapshot.host;
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let known = |value: u64| (value > 0).then_some(value);
        let swap = known(system.total_swap());
        host.memory = HostMemory {
            total: known(system.total_memory()),
            available: known(system.available_memory()),
            free: known(system.free_memory()),
            swap_total: swap,
            swap_free: swap.map(|_| system.free_swap()),
            ..HostMemory::default()
        };
        host.cpus = u32::try_from(system.cpus().len())
            .ok()
            .filter(|cpus| *cpus > 0);
        host.boot_time = time(System::boot_time());
        // Windows has no load average, and the crate has zeros there.
        let load = System::load_average();
        host.load = (!cfg!(windows)).then_some(LoadAverage {
            one: load.one,
            five: load.five,
            fifteen: load.fifteen,
        });
        disks.refresh(true);
        let filesystems = disks.iter().take(MAX_DEVICES).map(|disk| Filesystem {
            device: text(disk.name()),
            mountpoint: text(disk.mount_point().as_os_str()),
            kind: text(disk.file_system()),
            read_only: disk.is_read_only(),
            size: Some(disk.total_space()),
            // The crate does not have what is reserved.
            free: Some(disk.available_space()),
            available: Some(disk.available_space()),
            ..Filesystem::default()
        });
        host.filesystems = Some(filesystems.collect());
    }

    fn read_process(&mut self, snapshot: &mut Snapshot) {
        let Self {
            system, process, ..
        } = self;
        let Some(id) = *process else { return };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[id]),
            true,
            what.with_disk_usage(),
        );
        let Some(found) = system.process(id) else {
            return;
        };
        let process = &mut snapshot.process;
        process.resident = Some(found.memory());
        process.virtual_memory = Some(found.virtual_memory());
        process.combined_time = Some(Duration::from_millis(found.accumulated_cpu_time()));
        process.start_time = time(found.start_time());
        let bytes = found.disk_usage();
        process.read_bytes = Some(bytes.total_read_bytes);
        process.written_bytes = Some(bytes.total_written_bytes);
    }
}

impl Default for SysinfoSource {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for SysinfoSource {
    fn read(&mut self, snapshot: &mut Snapshot) {
        self.read_host(snapshot);
        self.read_process(snapshot);
        let networks = &mut self.networks;
        networks.refresh(true);
        let interfaces = networks.iter().take(MAX_DEVICES);
        let interfaces = interfaces.map(|(name, data)| Interface {
            name: SharedStr::new(name),
            received: Traffic {
                bytes: Some(data.total_received()),
                packets: Some(data.total_packets_received()),
                errors: Some(data.total_errors_on_received()),
                dropped: None,
            },
            sent: Traffic {
                bytes: Some(data.total_transmitted()),
                packets: Some(data.total_packets_transmitted()),
                errors: Some(data.total_errors_on_transmitted()),
                dropped: None,
            },
        });
        snapshot.network.interfaces = Some(interfaces.collect());
        if !cfg!(target_os = "linux") {
            snapshot.cgroup.version = Some(CgroupVersion::Absent);
            snapshot.cgroup.cpu_limit = Some(Limit::Unlimited);
            snapshot.cgroup.memory_limit = Some(Limit::Unlimited);
        }
    }
}

impl fmt::Debug for SysinfoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SysinfoSource").finish_non_exhaustive()
    }
}

fn text(text: &std::ffi::OsStr) -> SharedStr {
    SharedStr::new(&text.to_string_lossy())
}

/// Returns the time of seconds since 1970. Zero is unknown.
fn time(seconds: u64) -> Option<SystemTime> {
    let since = Duration::from_secs(seconds);
    UNIX_EPOCH.checked_add(since).filter(|_| seconds > 0)
}
