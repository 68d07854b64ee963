//! File descriptors and tasks against their limits, and growth towards a limit.

use gusset_system::Limit;

use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Seconds, Share};
use crate::{Area, Evidence, FindingKind, GrowingResource, Scope, Stage};

pub(crate) static OPEN_FILES: FindingKind = FindingKind {
    id: "files.limit",
    area: Area::Limits,
    stage: Stage::Saturation,
    conclusion: "The process is about to have no file descriptor left: new connections and files will fail.",
    advice: "Raise the limit (`ulimit -n`, `LimitNOFILE`). If the number only grows, something does not close its sockets: \
             `ls -l /proc/<pid>/fd` shows which.",
};

pub(crate) static OPEN_FILES_GROWTH: FindingKind = FindingKind {
    id: "files.growth",
    area: Area::Limits,
    stage: Stage::Utilisation,
    conclusion: "The number of open file descriptors grows steadily and does not follow the traffic: they are leaked.",
    advice: "`ls -l /proc/<pid>/fd` shows what is open. Look for responses that are not read to their end and for clients \
             that are created for each call.",
};

pub(crate) static TASKS: FindingKind = FindingKind {
    id: "tasks.limit",
    area: Area::Limits,
    stage: Stage::Saturation,
    conclusion: "The container is about to have no thread left: new threads will fail.",
    advice: "Raise the limit of tasks (`pids.max`, `TasksMax`), or bound the threads that block.",
};

pub(super) fn open_files(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.open_files;
    let process = &inputs.now.process;
    let limit = process.open_files_limit.map(number);
    let share = process.open_files.zip(limit);
    let share = share.and_then(|(open, limit)| ratio(number(open), limit));
    RuleResult::at_levels(share, levels, Scope::Process, |value| {
        let metric = "process.unix.file_descriptor.count";
        let about = "open file descriptors of the limit";
        Evidence::new(metric, about, value, levels.warning, Share)
    })
}

pub(super) fn open_files_growth(inputs: &Inputs<'_>) -> RuleResult {
    let is_files = |resource: &GrowingResource| *resource == GrowingResource::OpenFiles;
    let metric = "process.unix.file_descriptor.count";
    growth_of(inputs, Scope::Process, metric, is_files)
}

pub(super) fn tasks(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.tasks;
    let cgroup = &inputs.now.cgroup;
    let share = match (cgroup.tasks, cgroup.tasks_limit) {
        (_, Some(Limit::Unlimited)) => Some(0.0),
        (Some(tasks), Some(Limit::Finite(limit))) => ratio(number(tasks), number(limit)),
        _ => None,
    };
    RuleResult::at_levels(share, levels, Scope::Cgroup, |value| {
        let about = "threads of the container's limit";
        Evidence::new("gusset.cgroup.tasks", about, value, levels.warning, Share)
    })
}

/// Returns the result about the growth of one kind of resource, by the one that is used up first.
pub(super) fn growth_of(
    inputs: &Inputs<'_>,
    scope: Scope,
    metric: &'static str,
    is_it: impl Fn(&GrowingResource) -> bool,
) -> RuleResult {
    let levels = inputs.thresholds.time_to_limit;
    let Some(growth) = &inputs.signals.growth else {
        return RuleResult::Unknown;
    };
    let growth = growth.iter().filter(|it| is_it(&it.resource));
    let Some(first) = growth.min_by_key(|it| it.time_to_limit) else {
        return RuleResult::Cleared;
    };
    let seconds = first.time_to_limit.as_secs_f64();
    let Some(severity) = levels.severity_below(seconds) else {
        return RuleResult::Cleared;
    };
    let about = "time until the limit";
    let evidence = Evidence::new(metric, about, seconds, levels.warning, Seconds);
    let fit = Evidence::shown(
        metric,
        "fit of a straight line (R²)",
        first.r_squared,
        Share,
    );
    let result = RuleResult::Found(Signs::new(severity, scope, evidence)).and_if_known(Some(fit));
    match &first.resource {
        GrowingResource::Filesystem(mountpoint) => result.about(mountpoint),
        _ => result,
    }
}
