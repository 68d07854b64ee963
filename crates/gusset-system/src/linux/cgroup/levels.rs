//! The files of one cgroup.

use std::path::Path;

use super::super::Root;
use super::super::kept_file::KeptFile;
use super::super::parse::cgroup::{
    cfs_quota, cpu_max, cpu_stat, inactive_file, inactive_file_v1, limit, memory_events,
    oom_control,
};
use super::super::parse::sysctl::single;
use crate::{Cgroup, Limit, MemoryEvents};

/// The controller of CPU time of one cgroup.
#[derive(Debug)]
pub(super) struct CpuLevel {
    limit: Option<CpuLimit>,
    stat: KeptFile,
}

#[derive(Debug)]
enum CpuLimit {
    V1 { quota: KeptFile, period: KeptFile },
    V2(KeptFile),
}

/// The controller of memory of one cgroup.
#[derive(Debug)]
pub(super) struct MemoryLevel {
    limit: Option<KeptFile>,
    usage: KeptFile,
    stat: KeptFile,
    events: EventFiles,
}

#[derive(Debug)]
enum EventFiles {
    V1 {
        failcnt: KeptFile,
        oom_control: KeptFile,
    },
    V2(KeptFile),
}

/// The controller of the number of tasks of one cgroup.
#[derive(Debug)]
pub(super) struct TasksLevel {
    limit: Option<KeptFile>,
    current: KeptFile,
}

/// Returns a file with a limit, if it exists: the root cgroup has none, and neither has one without the controller.
fn limit_file(root: &Root, folder: &Path, name: &str) -> Option<KeptFile> {
    let path = folder.join(name);
    // What cannot be determined is kept, so that the limit becomes unknown.
    let is_absent = root.path(&path).try_exists().is_ok_and(|exists| !exists);
    (!is_absent).then(|| root.file(path))
}

fn read_limit(file: &mut Option<KeptFile>, buffer: &mut Vec<u8>) -> Option<Limit<u64>> {
    match file {
        Some(file) => file.read(buffer).and_then(limit),
        None => Some(Limit::Unlimited),
    }
}

// === impl CpuLevel ===

impl CpuLevel {
    pub(super) fn v1(root: &Root, folder: &Path) -> Self {
        let quota = limit_file(root, folder, "cpu.cfs_quota_us");
        Self {
            limit: quota.map(|quota| CpuLimit::V1 {
                quota,
                period: root.file(folder.join("cpu.cfs_period_us")),
            }),
            stat: root.file(folder.join("cpu.stat")),
        }
    }

    pub(super) fn v2(root: &Root, folder: &Path) -> Self {
        Self {
            limit: limit_file(root, folder, "cpu.max").map(CpuLimit::V2),
            stat: root.file(folder.join("cpu.stat")),
        }
    }

    pub(super) fn limit(&mut self, buffer: &mut Vec<u8>) -> Option<Limit<f64>> {
        match &mut self.limit {
            None => Some(Limit::Unlimited),
            Some(CpuLimit::V1 { quota, period }) => {
                let period = period.read(buffer).and_then(single)?;
                quota
                    .read(buffer)
                    .and_then(|quota| cfs_quota(quota, period))
            }
            Some(CpuLimit::V2(file)) => file.read(buffer).and_then(cpu_max),
        }
    }

    /// Reads the time used and the throttled periods.
    pub(super) fn read(&mut self, cgroup: &mut Cgroup, buffer: &mut Vec<u8>) {
        if let Some(text) = self.stat.read(buffer) {
            cpu_stat(text, cgroup);
        }
    }
}

// === impl MemoryLevel ===

impl MemoryLevel {
    pub(super) fn v1(root: &Root, folder: &Path) -> Self {
        Self {
            limit: limit_file(root, folder, "memory.limit_in_bytes"),
            usage: root.file(folder.join("memory.usage_in_bytes")),
            stat: root.file(folder.join("memory.stat")),
            events: EventFiles::V1 {
                failcnt: root.file(folder.join("memory.failcnt")),
                oom_control: root.file(folder.join("memory.oom_control")),
            },
        }
    }

    pub(super) fn v2(root: &Root, folder: &Path) -> Self {
        Self {
            limit: limit_file(root, folder, "memory.max"),
            usage: root.file(folder.join("memory.current")),
            stat: root.file(folder.join("memory.stat")),
            events: EventFiles::V2(root.file(folder.join("memory.events"))),
        }
    }

    pub(super) fn limit(&mut self, buffer: &mut Vec<u8>) -> Option<Limit<u64>> {
        read_limit(&mut self.limit, buffer)
    }

    /// Reads the memory in use, and what happened at the limits.
    pub(super) fn read(&mut self, cgroup: &mut Cgroup, buffer: &mut Vec<u8>) {
        cgroup.memory_usage = self.usage.read(buffer).and_then(single);
        let stat = self.stat.read(buffer);
        match &mut self.events {
            EventFiles::V1 {
                failcnt,
                oom_control: oom,
            } => {
                cgroup.inactive_file = stat.and_then(inactive_file_v1);
                cgroup.memory_events = MemoryEvents {
                    max: failcnt.read(buffer).and_then(single),
                    oom_kills: oom.read(buffer).and_then(oom_control),
                    ..MemoryEvents::default()
                };
            }
            EventFiles::V2(events) => {
                cgroup.inactive_file = stat.and_then(inactive_file);
                let events = events.read(buffer).map(memory_events);
                cgroup.memory_events = events.unwrap_or_default();
            }
        }
    }
}

// === impl TasksLevel ===

impl TasksLevel {
    /// Creates a level. The files have the same names in both versions.
    pub(super) fn new(root: &Root, folder: &Path) -> Self {
        Self {
            limit: limit_file(root, folder, "pids.max"),
            current: root.file(folder.join("pids.current")),
        }
    }

    pub(super) fn limit(&mut self, buffer: &mut Vec<u8>) -> Option<Limit<u64>> {
        read_limit(&mut self.limit, buffer)
    }

    pub(super) fn current(&mut self, buffer: &mut Vec<u8>) -> Option<u64> {
        self.current.read(buffer).and_then(single)
    }
}
