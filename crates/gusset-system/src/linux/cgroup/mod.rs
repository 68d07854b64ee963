//! Reads the control group.

mod levels;
mod resolve;

use self::levels::{CpuLevel, MemoryLevel, TasksLevel};
use super::Root;
use super::host::PressureReader;
use super::kept_file::KeptFile;
use super::parse::cgroup::cpuacct_usage;
use crate::{Cgroup, CgroupVersion, Limit, MemoryEvents, Pressures};

/// Reads the files of the cgroups from that of the process up to the root.
#[derive(Debug)]
pub(super) struct CgroupReader {
    root: Root,
    files: CgroupFiles,
    /// The readings until the cgroup is looked up again.
    remaining: u32,
}

/// The readings after which the cgroup is looked up again, because a process can be moved.
const RESOLVE_INTERVAL: u32 = 60;

/// The files of the cgroups of a process.
#[derive(Debug, Default)]
struct CgroupFiles {
    version: Option<CgroupVersion>,
    cpu: Levels<CpuLevel>,
    /// Of version 1 only; in version 2 the time is in `cpu.stat`.
    cpuacct: Option<KeptFile>,
    memory: Levels<MemoryLevel>,
    tasks: Levels<TasksLevel>,
    /// Of version 2 only.
    pressure: Option<PressureReader>,
}

/// The cgroups of one controller, from that of the process up to the root. `None` if there is a cgroup with this
/// controller that cannot be found. Empty if there is none.
type Levels<L> = Option<Vec<L>>;

// === impl CgroupReader ===

impl CgroupReader {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            files: CgroupFiles::default(),
            remaining: 0,
        }
    }

    pub(super) fn read(&mut self, cgroup: &mut Cgroup, buffer: &mut Vec<u8>) {
        match self.remaining.checked_sub(1) {
            Some(remaining) => self.remaining = remaining,
            None => {
                self.files = CgroupFiles::find(&self.root, buffer);
                self.remaining = RESOLVE_INTERVAL;
            }
        }
        self.files.read(cgroup, buffer);
    }
}

// === impl CgroupFiles ===

impl CgroupFiles {
    fn read(&mut self, cgroup: &mut Cgroup, buffer: &mut Vec<u8>) {
        let Self {
            version,
            cpu,
            cpuacct,
            memory,
            tasks,
            pressure,
        } = self;
        *cgroup = Cgroup {
            version: *version,
            ..Cgroup::default()
        };
        if version.is_none() {
            return;
        }
        let (limit, limited) = smallest(cpu, |level| level.limit(buffer));
        cgroup.cpu_limit = limit;
        if let Some([leaf, ..]) = cpu.as_deref_mut() {
            leaf.read(cgroup, buffer);
        }
        if let Some(level) = above(cpu, limited) {
            // What this cgroup did not use is used by others, so the periods are those of the limit.
            let cpu_time = cgroup.cpu_time;
            level.read(cgroup, buffer);
            cgroup.cpu_time = cpu_time;
        }
        if let Some(file) = cpuacct {
            cgroup.cpu_time = file.read(buffer).and_then(cpuacct_usage);
        }
        let (limit, limited) = smallest(memory, |level| level.limit(buffer));
        cgroup.memory_limit = limit;
        cgroup.memory_events = MemoryEvents::default();
        if let Some(level) = memory.as_mut().and_then(|levels| levels.get_mut(limited)) {
            level.read(cgroup, buffer);
        }
        let (limit, limited) = smallest(tasks, |level| level.limit(buffer));
        cgroup.tasks_limit = limit;
        if let Some(level) = tasks.as_mut().and_then(|levels| levels.get_mut(limited)) {
            cgroup.tasks = level.current(buffer);
        }
        cgroup.pressure = Pressures::default();
        if let Some(pressure) = pressure {
            pressure.read(&mut cgroup.pressure, buffer);
        }
    }
}

/// Returns the smallest limit of all levels, and the index of the level that has it: 0 if none has one.
///
/// A level with an unreadable limit makes the limit unknown, because it may be the smallest.
fn smallest<L, T: Copy + PartialOrd>(
    levels: &mut Levels<L>,
    mut limit: impl FnMut(&mut L) -> Option<Limit<T>>,
) -> (Option<Limit<T>>, usize) {
    let Some(levels) = levels else {
        return (None, 0);
    };
    let (mut least, mut at) = (Limit::Unlimited, 0);
    for (index, level) in levels.iter_mut().enumerate() {
        let Some(limit) = limit(level) else {
            return (None, 0);
        };
        if limit.min(least) != least {
            (least, at) = (limit, index);
        }
    }
    (Some(least), at)
}

/// Returns a level that is not that of the process.
fn above<L>(levels: &mut Levels<L>, index: usize) -> Option<&mut L> {
    levels.as_mut()?.get_mut(index).filter(|_| index > 0)
}
