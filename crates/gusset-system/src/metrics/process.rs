//! The metrics of the process, the runtime and the allocator.

use std::time::{SystemTime, UNIX_EPOCH};

use gusset_data::semconv::{CPU_MODE, DISK_IO_DIRECTION, SYSTEM_PAGING_FAULT_TYPE};

use super::points::Points;
use crate::{Snapshot, names, names::classic};

pub(super) fn add(points: &mut Points, snapshot: &Snapshot) {
    let process = &snapshot.process;
    let of_host = process.start_time.map(|start| points.set_start(start));
    let times = [("user", process.user_time), ("system", process.system_time)];
    points.add_by(&names::PROCESS_CPU_TIME, CPU_MODE, times);
    points.add(&names::PROCESS_MEMORY_USAGE, process.resident);
    points.add(&names::PROCESS_MEMORY_VIRTUAL, process.virtual_memory);
    let bytes = [
        ("read", process.read_bytes),
        ("write", process.written_bytes),
    ];
    points.add_by(&names::PROCESS_DISK_IO, DISK_IO_DIRECTION, bytes);
    points.add(&names::PROCESS_THREAD_COUNT, process.threads);
    points.add(&names::PROCESS_FILE_DESCRIPTORS, process.open_files);
    let faults = [
        ("major", process.major_faults),
        ("minor", process.minor_faults),
    ];
    points.add_by(
        &names::PROCESS_PAGING_FAULTS,
        SYSTEM_PAGING_FAULT_TYPE,
        faults,
    );
    points.add(&names::PROCESS_UPTIME, since(process.start_time, snapshot));
    points.add(&names::PROCESS_RUN_DELAY, process.run_delay);
    points.add(&names::PROCESS_TIMESLICES, process.timeslices);
    points.add(
        &names::PROCESS_FILE_DESCRIPTOR_LIMIT,
        open_files_limit(snapshot),
    );
    points.add(&names::PROCESS_CPU_LIMIT, snapshot.effective_cpus());
    points.add(&names::PROCESS_MEMORY_LIMIT, snapshot.effective_memory());
    if let Some(start) = of_host {
        points.set_start(start);
    }
}

pub(super) fn add_runtime(points: &mut Points, snapshot: &Snapshot) {
    let of_host = snapshot.process.start_time;
    let of_host = of_host.map(|start| points.set_start(start));
    let runtime = &snapshot.runtime;
    points.add(&names::TOKIO_WORKERS, runtime.workers);
    points.add(&names::TOKIO_BUSY, runtime.total_busy());
    let parks = runtime.parks.as_ref();
    points.add(
        &names::TOKIO_PARKS,
        parks.map(|parks| parks.iter().sum::<u64>()),
    );
    points.add(&names::TOKIO_TASKS, runtime.alive_tasks);
    points.add(&names::TOKIO_GLOBAL_QUEUE, runtime.global_queue);
    let allocator = &snapshot.allocator;
    let memory = [
        ("allocated", allocator.allocated),
        ("active", allocator.active),
        ("resident", allocator.resident),
        ("mapped", allocator.mapped),
    ];
    points.add_by(
        &names::ALLOCATOR_MEMORY,
        names::GUSSET_ALLOCATOR_STATE,
        memory,
    );
    if let Some(start) = of_host {
        points.set_start(start);
    }
}

/// Adds the process by the names of Prometheus's client libraries.
pub(super) fn add_classic(points: &mut Points, snapshot: &Snapshot) {
    let process = &snapshot.process;
    points.add(&classic::CPU_SECONDS, process.cpu_time());
    points.add(&classic::OPEN_FDS, process.open_files);
    points.add(&classic::MAX_FDS, open_files_limit(snapshot));
    points.add(&classic::VIRTUAL_MEMORY, process.virtual_memory);
    points.add(&classic::RESIDENT_MEMORY, process.resident);
    let start = process.start_time;
    let start = start.and_then(|start| start.duration_since(UNIX_EPOCH).ok());
    points.add(&classic::START_TIME, start);
    points.add(&classic::THREADS, process.threads);
}

/// Returns the limit of open files, unless there is none.
fn open_files_limit(snapshot: &Snapshot) -> Option<u64> {
    let limit = snapshot.process.open_files_limit;
    limit.filter(|limit| *limit < u64::MAX)
}

/// Returns the time from a start to the snapshot, by the wall clock.
pub(super) fn since(start: Option<SystemTime>, snapshot: &Snapshot) -> Option<std::time::Duration> {
    snapshot.taken_at?.duration_since(start?).ok()
}
