//! Reads the host.

use super::kept_file::KeptFile;
use super::parse::{Ticks, diskstats, kernel_stat, loadavg, meminfo, pressure, sysctl, vmstat};
use super::{Root, read_list};
use crate::{Host, Pressures};

#[derive(Debug)]
pub(super) struct HostReader {
    loadavg: KeptFile,
    stat: KeptFile,
    meminfo: KeptFile,
    vmstat: KeptFile,
    diskstats: KeptFile,
    file_nr: KeptFile,
    pressure: PressureReader,
    ticks: Ticks,
}

/// Reads the pressure of a host or a cgroup.
#[derive(Debug)]
pub(super) struct PressureReader {
    cpu: KeptFile,
    memory: KeptFile,
    io: KeptFile,
}

// === impl HostReader ===

impl HostReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            loadavg: root.file("proc/loadavg"),
            stat: root.file("proc/stat"),
            meminfo: root.file("proc/meminfo"),
            vmstat: root.records("proc/vmstat"),
            diskstats: root.records("proc/diskstats"),
            file_nr: root.file("proc/sys/fs/file-nr"),
            pressure: PressureReader {
                cpu: root.file("proc/pressure/cpu"),
                memory: root.file("proc/pressure/memory"),
                io: root.file("proc/pressure/io"),
            },
            ticks: root.ticks,
        }
    }

    pub(super) fn read(&mut self, host: &mut Host, buffer: &mut Vec<u8>) {
        host.load = self.loadavg.read(buffer).and_then(loadavg::parse);
        let stat = self.stat.read(buffer);
        let stat = stat.map(|text| kernel_stat::parse(text, self.ticks));
        let stat = stat.unwrap_or_default();
        host.cpu = stat.cpu;
        host.cpus = stat.cpus;
        host.runnable = stat.runnable;
        host.blocked = stat.blocked;
        host.boot_time = stat.boot_time;
        let memory = self.meminfo.read(buffer).map(meminfo::parse);
        host.memory = memory.unwrap_or_default();
        host.paging = self
            .vmstat
            .read(buffer)
            .map(vmstat::parse)
            .unwrap_or_default();
        read_list(
            &mut host.disks,
            self.diskstats.read(buffer),
            diskstats::parse,
        );
        let files = self.file_nr.read(buffer).map(sysctl::file_nr);
        (host.open_files, host.open_files_limit) = files.unwrap_or_default();
        self.pressure.read(&mut host.pressure, buffer);
    }
}

// === impl PressureReader ===

impl PressureReader {
    pub(super) fn new(cpu: KeptFile, memory: KeptFile, io: KeptFile) -> Self {
        Self { cpu, memory, io }
    }

    pub(super) fn read(&mut self, pressures: &mut Pressures, buffer: &mut Vec<u8>) {
        let mut read = |file: &mut KeptFile| {
            let pressure = file.read(buffer).map(pressure::parse);
            pressure.unwrap_or_default()
        };
        pressures.cpu = read(&mut self.cpu);
        pressures.memory = read(&mut self.memory);
        pressures.io = read(&mut self.io);
    }
}
