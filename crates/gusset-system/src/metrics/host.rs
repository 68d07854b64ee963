//! The metrics of the host.

use gusset_data::semconv::{
    CPU_MODE, SYSTEM_MEMORY_STATE, SYSTEM_PAGING_DIRECTION, SYSTEM_PAGING_FAULT_TYPE,
    SYSTEM_PAGING_STATE,
};
use gusset_data::{MetricDescriptor, SharedStr};

use super::points::Points;
use super::process::since;
use crate::{Pressures, Snapshot, names};

pub(super) fn add(points: &mut Points, snapshot: &Snapshot) {
    let host = &snapshot.host;
    points.add(&names::SYSTEM_UPTIME, since(host.boot_time, snapshot));
    points.add(&names::SYSTEM_CPU_COUNT, host.cpus.map(u64::from));
    points.add_by(&names::SYSTEM_CPU_TIME, CPU_MODE, host.cpu.by_mode());
    let load = [
        ("1m", host.load.map(|load| load.one)),
        ("5m", host.load.map(|load| load.five)),
        ("15m", host.load.map(|load| load.fifteen)),
    ];
    points.add_by(&names::LOAD, names::GUSSET_LOAD_PERIOD, load);
    let tasks = [("runnable", host.runnable), ("blocked", host.blocked)];
    points.add_by(&names::TASKS, names::GUSSET_TASK_STATE, tasks);
    points.add(&names::OPEN_FILES, host.open_files);
    points.add(&names::OPEN_FILES_LIMIT, open_files_limit(snapshot));
    points.add(&names::SESSIONS, host.sessions);
    add_pressure(points, &names::PRESSURE, &host.pressure);
    add_memory(points, snapshot);
}

/// Returns the limit of open files, unless there is none: the kernel writes the greatest number.
fn open_files_limit(snapshot: &Snapshot) -> Option<u64> {
    let limit = snapshot.host.open_files_limit;
    limit.filter(|limit| *limit < i64::MAX as u64)
}

fn add_memory(points: &mut Points, snapshot: &Snapshot) {
    let (memory, paging) = (&snapshot.host.memory, &snapshot.host.paging);
    let rest = |total: Option<u64>, parts: &[Option<u64>]| {
        let parts = parts
            .iter()
            .try_fold(0_u64, |sum, part| sum.checked_add((*part)?));
        Some(total?.saturating_sub(parts?))
    };
    let usage = [
        (
            "used",
            rest(memory.total, &[memory.free, memory.buffers, memory.cached]),
        ),
        ("free", memory.free),
        ("buffers", memory.buffers),
        ("cached", memory.cached),
    ];
    points.add_by(&names::SYSTEM_MEMORY_USAGE, SYSTEM_MEMORY_STATE, usage);
    points.add(&names::SYSTEM_MEMORY_LIMIT, memory.total);
    points.add(&names::SYSTEM_MEMORY_AVAILABLE, memory.available);
    let swap = [
        ("used", rest(memory.swap_total, &[memory.swap_free])),
        ("free", memory.swap_free),
    ];
    points.add_by(&names::SYSTEM_PAGING_USAGE, SYSTEM_PAGING_STATE, swap);
    let minor = rest(paging.faults, &[paging.major_faults]);
    let faults = [("major", paging.major_faults), ("minor", minor)];
    points.add_by(
        &names::SYSTEM_PAGING_FAULTS,
        SYSTEM_PAGING_FAULT_TYPE,
        faults,
    );
    let pages = [("in", paging.swapped_in), ("out", paging.swapped_out)];
    points.add_by(
        &names::SYSTEM_PAGING_OPERATIONS,
        SYSTEM_PAGING_DIRECTION,
        pages,
    );
    points.add(&names::OOM_KILLS, paging.oom_kills);
}

/// Adds the pressure of a host or a cgroup: totals, so that a query chooses its window.
pub(super) fn add_pressure(points: &mut Points, metric: &MetricDescriptor, pressures: &Pressures) {
    let resources = [
        ("cpu", &pressures.cpu),
        ("memory", &pressures.memory),
        ("io", &pressures.io),
    ];
    let values = resources.into_iter().flat_map(|(resource, pressure)| {
        [("some", pressure.some), ("full", pressure.full)].map(|(kind, stall)| {
            let labels = [
                (
                    names::GUSSET_PRESSURE_RESOURCE,
                    SharedStr::from_static(resource),
                ),
                (names::GUSSET_PRESSURE_KIND, SharedStr::from_static(kind)),
            ];
            (labels, stall.map(|stall| stall.total))
        })
    });
    points.add_all(metric, values);
}
