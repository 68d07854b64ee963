//! Disks and file systems.

use std::time::Duration;

use gusset_system::{Disk, Filesystem};

use super::limits::growth_of;
use super::{Inputs, RuleResult, cpu, number, ratio};
use crate::EvidenceUnit::{Count, Seconds, Share};
use crate::{Area, Evidence, FindingKind, GrowingResource, Levels, Scope, Stage};

pub(crate) static SATURATED: FindingKind = FindingKind {
    id: "disk.saturated",
    area: Area::Disk,
    stage: Stage::Saturation,
    conclusion: "Tasks wait for a disk.",
    advice: "Find what writes: `pidstat -d 1` and `iotop` show it. Logs at a debug level and `fsync` are common causes.",
};

pub(crate) static SLOW: FindingKind = FindingKind {
    id: "disk.slow",
    area: Area::Disk,
    stage: Stage::Saturation,
    conclusion: "Operations of a disk take long.",
    advice: "Compare with what the disk should do; network volumes have limits of operations and bytes.",
};

pub(crate) static STUCK_TASKS: FindingKind = FindingKind {
    id: "disk.stuck_tasks",
    area: Area::Disk,
    stage: Stage::Saturation,
    conclusion: "Tasks hang in the kernel while the CPUs are idle. That is why the load average is high.",
    advice: "A device or a network file system does not answer. `ps -eo state,wchan,cmd | grep ^D` shows what waits for it.",
};

pub(crate) static FULL: FindingKind = FindingKind {
    id: "disk.full",
    area: Area::Disk,
    stage: Stage::Utilisation,
    conclusion: "A file system is full, or nearly: writes fail, also those of logs.",
    advice: "Remove or rotate what is large: `du -xh <mount point> | sort -h | tail`.",
};

pub(crate) static INODES: FindingKind = FindingKind {
    id: "disk.inodes",
    area: Area::Disk,
    stage: Stage::Utilisation,
    conclusion: "A file system has nearly no inode left: new files fail although there is space.",
    advice: "Find the folder with many small files: `du -x --inodes <mount point> | sort -n | tail`.",
};

pub(crate) static GROWTH: FindingKind = FindingKind {
    id: "disk.growth",
    area: Area::Disk,
    stage: Stage::Utilisation,
    conclusion: "A file system fills up steadily.",
    advice: "Find what grows, and rotate or bound it before the disk is full.",
};

/// The least share of time in which a disk is busy, for its latency to matter (Netflix's checklist).
const MIN_BUSY: f64 = 0.6;
/// The least number of operations in progress, on average, for the same reason.
const MIN_QUEUE: f64 = 1.0;

/// Looks at PSI, and at the queues of the disks.
pub(super) fn saturated(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.io_pressure;
    let of_cgroup = inputs.share(|it| Some(it.cgroup.pressure.io.some?.total));
    let of_host = || inputs.share(|it| Some(it.host.pressure.io.some?.total));
    let (scope, metric, share) = match of_cgroup {
        Some(_) => (Scope::Cgroup, "gusset.cgroup.pressure.stall", of_cgroup),
        None => (Scope::Host, "gusset.system.pressure.stall", of_host()),
    };
    let by_pressure = RuleResult::at_levels(share, levels, scope, |value| {
        let about = "time in which a task waited for a disk";
        Evidence::new(metric, about, value, levels.warning, Share)
    });
    let levels = inputs.thresholds.disk_queue;
    let by_queue = by_disk(inputs, |disk, rate| {
        let queue = rate(disk, |it| it.weighted);
        RuleResult::at_levels(queue, levels, Scope::Host, |value| {
            let about = "operations in progress, on average";
            let metric = "gusset.system.disk.queue_time";
            Evidence::new(metric, about, value, levels.warning, Count)
        })
    });
    RuleResult::worst([by_pressure, by_queue])
}

/// Looks at the latency of busy disks, if PSI does not contradict: virtual and parallel disks are always busy.
pub(super) fn slow(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.disk_latency;
    let pressure = inputs.share(|it| Some(it.host.pressure.io.some?.total));
    if pressure.is_some_and(|share| share < inputs.thresholds.io_pressure.warning) {
        return RuleResult::Cleared;
    }
    let result = by_disk(inputs, |disk, rate| {
        let (Some(busy), Some(queue)) = (rate(disk, |it| it.busy), rate(disk, |it| it.weighted))
        else {
            return RuleResult::Unknown;
        };
        if busy < MIN_BUSY || queue < MIN_QUEUE {
            return RuleResult::Cleared;
        }
        RuleResult::at_levels(latency(inputs, disk), levels, Scope::Host, |value| {
            let about = "time of an operation, on average";
            let metric = "system.disk.operation_time";
            Evidence::new(metric, about, value, levels.warning, Seconds)
        })
        .and_if_known(Some(Evidence::new(
            "system.disk.io_time",
            "time in which the disk is busy",
            busy,
            MIN_BUSY,
            Share,
        )))
    });
    let shown = pressure.map(|share| {
        let about = "time in which a task waited for a disk";
        Evidence::shown("gusset.system.pressure.stall", about, share, Share)
    });
    result.and("pressure stall information", shown)
}

/// Returns the mean time of an operation since the previous snapshot.
fn latency(inputs: &Inputs<'_>, disk: &Disk) -> Option<f64> {
    let before = previous(inputs, disk)?;
    let interval = inputs.interval?;
    let operations = interval.increase(before.reads, disk.reads)?
        + interval.increase(before.writes, disk.writes)?;
    let time = interval.time(before.read_time, disk.read_time)?
        + interval.time(before.write_time, disk.write_time)?;
    Some(ratio(time.as_secs_f64(), number(operations)).unwrap_or(0.0))
}

fn previous<'a>(inputs: &'a Inputs<'_>, disk: &Disk) -> Option<&'a Disk> {
    let disks = inputs.previous.host.disks.as_ref()?;
    disks.iter().find(|it| it.name == disk.name)
}

type Rate<'a> = &'a dyn Fn(&Disk, fn(&Disk) -> Option<Duration>) -> Option<f64>;

/// Returns the worst result about a disk.
fn by_disk(inputs: &Inputs<'_>, check: impl Fn(&Disk, Rate<'_>) -> RuleResult) -> RuleResult {
    let rate = |disk: &Disk, read: fn(&Disk) -> Option<Duration>| {
        let before = previous(inputs, disk)?;
        inputs.interval?.share(read(before), read(disk))
    };
    let disks = inputs.now.host.disks.iter().flatten();
    RuleResult::worst(disks.map(|disk| check(disk, &rate).about(&disk.name)))
}

pub(super) fn stuck_tasks(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.stuck_tasks_per_cpu;
    let (Some(blocked), Some(cpus), Some(idle)) = (
        inputs.now.host.blocked,
        inputs.now.host.cpus,
        cpu::idle(inputs),
    ) else {
        return RuleResult::Unknown;
    };
    if idle < 0.5 {
        return RuleResult::Cleared;
    }
    let by_cpu = ratio(number(blocked), f64::from(cpus));
    RuleResult::at_levels(by_cpu, levels, Scope::Host, |value| {
        let about = "tasks that wait for a device, by CPU";
        Evidence::new("gusset.system.tasks", about, value, levels.warning, Count)
    })
    .and_if_known(Some(Evidence::shown(
        "system.cpu.time",
        "CPU time of the host that is idle",
        idle,
        Share,
    )))
}

pub(super) fn full(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.disk_used;
    by_filesystem(inputs, levels, Filesystem::available_share, |value| {
        let about = "space that is used";
        let metric = "system.filesystem.usage";
        Evidence::new(metric, about, value, levels.warning, Share)
    })
}

pub(super) fn inodes(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.inodes_used;
    by_filesystem(
        inputs,
        levels,
        Filesystem::inodes_available_share,
        |value| {
            let about = "inodes that are used";
            let metric = "gusset.system.filesystem.inodes";
            Evidence::new(metric, about, value, levels.warning, Share)
        },
    )
}

/// Returns the worst result about a file system that can be written, given the share that is available.
fn by_filesystem(
    inputs: &Inputs<'_>,
    levels: Levels,
    available: impl Fn(&Filesystem) -> Option<f64>,
    evidence: impl Fn(f64) -> Evidence,
) -> RuleResult {
    let filesystems = inputs.now.host.filesystems.iter().flatten();
    let filesystems = filesystems.filter(|it| !it.read_only);
    RuleResult::worst(filesystems.map(|it| {
        let used = available(it).map(|available| 1.0 - available);
        RuleResult::at_levels(used, levels, Scope::Host, &evidence).about(&it.mountpoint)
    }))
}

pub(super) fn growth(inputs: &Inputs<'_>) -> RuleResult {
    let is_filesystem =
        |resource: &GrowingResource| matches!(resource, GrowingResource::Filesystem(_));
    growth_of(
        inputs,
        Scope::Host,
        "system.filesystem.usage",
        is_filesystem,
    )
}
