//! Readings of the system, by gusset and by two peers.
//!
//! A peer reads what it can of what gusset reads. gusset always reads everything, so the comparison is in favour of
//! the peers.

use gusset_system::{Snapshot, Source as _, SystemReader};
use procfs::process::Process;
use procfs::{
    CpuPressure, Current as _, CurrentSI as _, IoPressure, KernelStats, LoadAverage, Meminfo,
    MemoryPressure,
};
use sysinfo::{
    Disks, MemoryRefreshKind, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
};

/// A way to read the system.
pub struct Subject {
    /// Whose it is, and what it reads.
    pub name: &'static str,
    /// Reads once.
    pub read: Box<dyn FnMut()>,
}

/// Returns all ways, gusset's first.
pub fn subjects() -> Vec<Subject> {
    let mut gusset = Gusset::new();
    let mut sysinfo = Sysinfo::new();
    vec![
        Subject {
            name: "gusset-system, everything",
            read: Box::new(move || gusset.read()),
        },
        Subject {
            name: "procfs 0.18, without netstat, sockstat, cgroup, file systems, sessions",
            read: Box::new(|| {
                std::hint::black_box(procfs_total());
            }),
        },
        Subject {
            name: "sysinfo 0.36: memory, load, disks, interfaces, process",
            read: Box::new(move || sysinfo.read()),
        },
    ]
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// gusset's reader, into one snapshot.
struct Gusset {
    reader: SystemReader,
    snapshot: Snapshot,
}

impl Gusset {
    fn new() -> Self {
        let mut reader = SystemReader::new();
        let snapshot = reader.snapshot();
        Self { reader, snapshot }
    }

    fn read(&mut self) {
        self.reader.read(&mut self.snapshot);
        std::hint::black_box(&self.snapshot);
    }
}

/// Reads what the crate has, and returns a sum, so that nothing is left out.
fn procfs_total() -> u64 {
    const READABLE: &str = "a Linux with this file";
    let load = LoadAverage::current().expect(READABLE);
    let stat = KernelStats::current().expect(READABLE);
    let memory = Meminfo::current().expect(READABLE);
    let vmstat = procfs::vmstat().expect(READABLE);
    let disks = procfs::diskstats().expect(READABLE);
    let pressures = (
        CpuPressure::current().is_ok(),
        MemoryPressure::current().is_ok(),
        IoPressure::current().is_ok(),
    );
    std::hint::black_box(pressures);
    let interfaces = procfs::net::dev_status().expect(READABLE);
    let snmp = procfs::net::snmp().expect(READABLE);
    let process = Process::myself().expect(READABLE);
    let own = process.stat().expect(READABLE);
    let io = process.io().expect(READABLE);
    let limits = process.limits().expect(READABLE);
    let files = process.fd_count().expect(READABLE);
    let delay: u64 = process
        .tasks()
        .expect(READABLE)
        .filter_map(|task| Some(task.ok()?.schedstat().ok()?.run_delay))
        .sum();
    std::hint::black_box((limits, snmp));
    load.one as u64
        + stat.total.user
        + memory.mem_total
        + vmstat.len() as u64
        + disks.len() as u64
        + interfaces.len() as u64
        + own.utime
        + io.read_bytes
        + files as u64
        + delay
}

struct Sysinfo {
    system: System,
    disks: Disks,
    networks: Networks,
    process: Pid,
}

impl Sysinfo {
    fn new() -> Self {
        Self {
            system: System::new(),
            disks: Disks::new_with_refreshed_list(),
            networks: Networks::new_with_refreshed_list(),
            process: sysinfo::get_current_pid().expect("a process has an id"),
        }
    }

    fn read(&mut self) {
        let Self {
            system,
            disks,
            networks,
            process,
        } = self;
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        disks.refresh(true);
        networks.refresh(true);
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .with_disk_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[*process]), true, what);
        std::hint::black_box((System::load_average(), &*system, &*disks, &*networks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_read_what_gusset_reads() {
        let snapshot = SystemReader::new().snapshot();
        let memory = Meminfo::current().unwrap();
        assert_eq!(snapshot.host.memory.total, Some(memory.mem_total));
        let stat = KernelStats::current().unwrap();
        assert_eq!(snapshot.host.cpus, Some(stat.cpu_time.len() as u32));
        let snmp = procfs::net::snmp().unwrap();
        assert!(snapshot.network.tcp.segments_sent <= Some(snmp.tcp_out_segs));
        let mut sysinfo = Sysinfo::new();
        sysinfo.read();
        assert_eq!(
            snapshot.host.memory.total,
            Some(sysinfo.system.total_memory())
        );
    }
}
