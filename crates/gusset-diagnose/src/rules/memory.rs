//! The memory.

use super::limits::growth_of;
use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Count, PerSecond, Share};
use crate::{Area, Evidence, FindingKind, GrowingResource, Scope, Severity, Stage};

pub(crate) static OUT_OF_MEMORY: FindingKind = FindingKind {
    id: "memory.out_of_memory",
    area: Area::Memory,
    stage: Stage::Errors,
    conclusion: "The container ran out of memory, and the kernel killed a process or refused memory.",
    advice: "Raise the memory limit, and take a heap profile before the next time. Look for what grew before it.",
};

pub(crate) static LIMIT: FindingKind = FindingKind {
    id: "memory.limit",
    area: Area::Memory,
    stage: Stage::Utilisation,
    conclusion: "The memory is nearly used up: at the limit the kernel kills the process.",
    advice: "Raise the limit, or bound caches, queues and request sizes. If it only grows, it is a leak: take a heap profile.",
};

pub(crate) static PRESSURE: FindingKind = FindingKind {
    id: "memory.pressure",
    area: Area::Memory,
    stage: Stage::Saturation,
    conclusion: "Everything waits for memory: the kernel reclaims and reads back the same pages.",
    advice: "Free memory now, or raise the limit. The service will be slow until it fits.",
};

pub(crate) static PAGE_FAULTS: FindingKind = FindingKind {
    id: "memory.page_faults",
    area: Area::Memory,
    stage: Stage::Saturation,
    conclusion: "Pages of memory are read from disk again and again, because the working set does not fit.",
    advice: "Give the host more memory, or run fewer programs on it.",
};

pub(crate) static SWAPPING: FindingKind = FindingKind {
    id: "memory.swapping",
    area: Area::Memory,
    stage: Stage::Saturation,
    conclusion: "Memory is moved to swap space and back.",
    advice: "Give the host more memory, or run fewer programs on it. A service should not be in swap space.",
};

pub(crate) static GROWTH: FindingKind = FindingKind {
    id: "memory.growth",
    area: Area::Memory,
    stage: Stage::Utilisation,
    conclusion: "The memory of the process grows steadily and does not follow the traffic: a leak, or a cache without a bound.",
    advice: "Plan a restart before the limit, and compare two heap profiles an hour apart.",
};

pub(super) fn out_of_memory(inputs: &Inputs<'_>) -> RuleResult {
    let killed = inputs.increase(|it| it.cgroup.memory_events.oom_kills);
    let failed = inputs.increase(|it| it.cgroup.memory_events.oom);
    let (scope, events) = match (killed, failed) {
        (None, None) => (Scope::Host, inputs.increase(|it| it.host.paging.oom_kills)),
        _ => (
            Scope::Cgroup,
            Some(killed.unwrap_or(0.0).max(failed.unwrap_or(0.0))),
        ),
    };
    let Some(events) = events else {
        return RuleResult::Unknown;
    };
    if events < 1.0 {
        return RuleResult::Cleared;
    }
    let about = "times that memory ran out";
    let evidence = Evidence::new("gusset.cgroup.memory.events", about, events, 1.0, Count);
    RuleResult::Found(Signs::new(Severity::Critical, scope, evidence))
}

pub(super) fn limit(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.memory_used;
    let used = inputs.now.memory_used().zip(inputs.now.effective_memory());
    let share = used.and_then(|(used, limit)| ratio(number(used), number(limit)));
    let of_host = inputs.now.host.memory.total;
    let is_of_cgroup = inputs.now.effective_memory() < of_host || of_host.is_none();
    let scope = if is_of_cgroup {
        Scope::Cgroup
    } else {
        Scope::Host
    };
    RuleResult::at_levels(share, levels, scope, |value| {
        let about = "memory that is used, of the limit";
        Evidence::new(
            "gusset.process.memory.limit",
            about,
            value,
            levels.warning,
            Share,
        )
    })
}

pub(super) fn pressure(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.memory_pressure;
    let of_cgroup = inputs.share(|it| Some(it.cgroup.pressure.memory.full?.total));
    let of_host = || inputs.share(|it| Some(it.host.pressure.memory.full?.total));
    let (scope, metric, share) = match of_cgroup {
        Some(_) => (Scope::Cgroup, "gusset.cgroup.pressure.stall", of_cgroup),
        None => (Scope::Host, "gusset.system.pressure.stall", of_host()),
    };
    RuleResult::at_levels(share, levels, scope, |value| {
        let about = "time in which all tasks waited for memory";
        Evidence::new(metric, about, value, levels.warning, Share)
    })
}

pub(super) fn page_faults(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.major_faults;
    let faults = inputs.rate(|it| it.host.paging.major_faults);
    RuleResult::at_levels(faults, levels, Scope::Host, |value| {
        let about = "page faults that needed a disk";
        Evidence::new(
            "system.paging.faults",
            about,
            value,
            levels.warning,
            PerSecond,
        )
    })
}

pub(super) fn swapping(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.swapped_pages;
    let read = inputs.rate(|it| it.host.paging.swapped_in);
    let written = inputs.rate(|it| it.host.paging.swapped_out);
    let pages = read.zip(written).map(|(read, written)| read + written);
    RuleResult::at_levels(pages, levels, Scope::Host, |value| {
        let about = "pages moved to swap space and back";
        let metric = "system.paging.operations";
        Evidence::new(metric, about, value, levels.warning, PerSecond)
    })
}

pub(super) fn growth(inputs: &Inputs<'_>) -> RuleResult {
    let is_memory = |resource: &GrowingResource| *resource == GrowingResource::Memory;
    growth_of(inputs, Scope::Process, "process.memory.usage", is_memory)
}
