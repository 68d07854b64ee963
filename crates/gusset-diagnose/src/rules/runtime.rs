//! The asynchronous runtime.

use super::cpu::{run_delay_evidence, run_delay_of_busy};
use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Count, Seconds, Share};
use crate::{Area, Evidence, FindingKind, GrowingResource, Scope, Severity, Stage};

pub(crate) static BLOCKED: FindingKind = FindingKind {
    id: "runtime.blocked",
    area: Area::Runtime,
    stage: Stage::Saturation,
    conclusion: "Blocking code runs on the workers of the asynchronous runtime: they are busy without using a CPU.",
    advice: "Find the blocking call: a sleep, a file, a lock, a client that is not asynchronous. Await an asynchronous one \
             instead, or move it to `tokio::task::spawn_blocking`. The routes with the longest polls lead to it.",
};

pub(crate) static CONTENDED: FindingKind = FindingKind {
    id: "runtime.contended",
    area: Area::Runtime,
    stage: Stage::Saturation,
    conclusion: "The workers of the runtime have work, and no CPU to do it on.",
    advice: "Run no more workers than the CPUs that the process may use, raise the CPU limit, or move other programs away.",
};

pub(crate) static LONG_POLLS: FindingKind = FindingKind {
    id: "runtime.long_polls",
    area: Area::Runtime,
    stage: Stage::Saturation,
    conclusion: "A route computes for a long time between two awaits, so other calls on its worker wait.",
    advice: "Yield in the loop with `tokio::task::yield_now`, or move the work to `spawn_blocking` or to a thread pool.",
};

pub(crate) static LAG: FindingKind = FindingKind {
    id: "runtime.lag",
    area: Area::Runtime,
    stage: Stage::Saturation,
    conclusion: "Tasks that could run wait before they are polled.",
    advice: "Look at the routes with the most time between wake and poll, and at how busy the workers are.",
};

pub(crate) static QUEUE: FindingKind = FindingKind {
    id: "runtime.queue",
    area: Area::Runtime,
    stage: Stage::Saturation,
    conclusion: "More tasks are spawned than the workers can poll.",
    advice: "Shed load with a limit on concurrent calls, and run more instances.",
};

pub(crate) static TASK_GROWTH: FindingKind = FindingKind {
    id: "runtime.task_growth",
    area: Area::Runtime,
    stage: Stage::Utilisation,
    conclusion: "The number of tasks grows steadily and does not follow the traffic: tasks are spawned and do not end.",
    advice: "Look for tasks that are spawned for each call and wait for something that does not come: give them a time-out.",
};

/// The share of busy time that makes the ratios to it meaningful.
const MAX_CPU_OF_BUSY: f64 = 0.5;

/// Returns the share of time in which the workers were busy, and the share of that on a CPU.
fn busy_and_on_cpu(inputs: &Inputs<'_>) -> Option<(f64, f64)> {
    let workers = number(inputs.now.runtime.workers?);
    let busy = inputs.share(|it| it.runtime.total_busy())?;
    let on_cpu = ratio(inputs.process_cpus()?, busy).unwrap_or(1.0);
    Some((ratio(busy, workers)?, on_cpu))
}

/// Returns the result about workers that are busy without a CPU, for these run-queue delays.
fn busy_without_cpu(inputs: &Inputs<'_>, is_expected: impl Fn(f64) -> bool) -> RuleResult {
    let levels = inputs.thresholds.workers_busy_without_cpu;
    let Some((busy, on_cpu)) = busy_and_on_cpu(inputs) else {
        return RuleResult::Unknown;
    };
    let run_delay = run_delay_of_busy(inputs);
    if on_cpu >= MAX_CPU_OF_BUSY || !run_delay.is_none_or(is_expected) {
        return RuleResult::Cleared;
    }
    RuleResult::at_levels(Some(busy), levels, Scope::Runtime, |value| {
        let about = "time in which the workers were busy";
        Evidence::new(
            "gusset.tokio.workers.busy",
            about,
            value,
            levels.warning,
            Share,
        )
    })
    .and_if_known(Some(Evidence::new(
        "process.cpu.time",
        "CPU time of this process, of that",
        on_cpu,
        MAX_CPU_OF_BUSY,
        Share,
    )))
}

/// Looks for workers that are busy, use no CPU and do not wait for one.
pub(super) fn blocked(inputs: &Inputs<'_>) -> RuleResult {
    let greatest = inputs.thresholds.blocked_run_delay;
    let run_delay = run_delay_of_busy(inputs);
    busy_without_cpu(inputs, |delay| delay < greatest)
        .and(
            "run-queue delay of the process",
            run_delay.map(|delay| run_delay_evidence(delay, greatest)),
        )
        .and_if_known(longest_polls(inputs).map(|(_, evidence)| evidence))
        .map(|signs| Signs {
            subject: longest_polls(inputs).map(|(route, _)| route),
            ..signs
        })
}

/// Looks for workers that are busy, use no CPU and wait for one.
pub(super) fn contended(inputs: &Inputs<'_>) -> RuleResult {
    let least = inputs.thresholds.contended_run_delay;
    let Some(run_delay) = run_delay_of_busy(inputs) else {
        return RuleResult::Unknown;
    };
    busy_without_cpu(inputs, |delay| delay >= least)
        .and_if_known(Some(run_delay_evidence(run_delay, least)))
}

/// Returns the route with the most polls that were too long, and how many there were by minute.
fn longest_polls(inputs: &Inputs<'_>) -> Option<(gusset_data::SharedStr, Evidence)> {
    let threshold = inputs.thresholds.long_polls_per_minute.warning;
    let by_minute = by_route(inputs).filter(|(_, by_minute)| *by_minute > 0.0);
    let (route, by_minute) = by_minute.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let about = "polls of the route that were too long, by minute";
    let metric = "gusset.call.long_polls";
    let evidence = Evidence::new(metric, about, by_minute, threshold, Count);
    Some((route, evidence))
}

fn by_route(inputs: &Inputs<'_>) -> impl Iterator<Item = (gusset_data::SharedStr, f64)> {
    let routes = inputs.now.service.routes.iter().flatten();
    routes.filter_map(|route| {
        let mut before = inputs.previous.service.routes.iter().flatten();
        let before = before.find(|it| it.name == route.name);
        // A route that is new has counted from zero.
        let before = before.map_or(Some(0), |it| it.slow_polls);
        let rate = inputs.interval?.rate(before, route.slow_polls)?;
        Some((route.name.clone(), 60.0 * rate))
    })
}

pub(super) fn long_polls(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.long_polls_per_minute;
    RuleResult::worst(by_route(inputs).map(|(route, by_minute)| {
        let result = RuleResult::at_levels(Some(by_minute), levels, Scope::Runtime, |value| {
            let about = "polls that were too long, by minute";
            let metric = "gusset.call.long_polls";
            Evidence::new(metric, about, value, levels.warning, Count)
        });
        result.about(&route)
    }))
}

pub(super) fn lag(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.runtime_lag;
    let lag = inputs.now.runtime.lag_p99.map(|lag| lag.as_secs_f64());
    RuleResult::at_levels(lag, levels, Scope::Runtime, |value| {
        let about = "event-loop lag (99th percentile)";
        Evidence::new("gusset.tokio.lag", about, value, levels.warning, Seconds)
    })
}

pub(super) fn queue(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.runtime_queue;
    let queued = inputs.now.runtime.global_queue.map(number);
    RuleResult::at_levels(queued, levels, Scope::Runtime, |value| {
        let about = "tasks that wait for a worker";
        let metric = "gusset.tokio.global_queue.depth";
        Evidence::new(metric, about, value, levels.warning, Count)
    })
}

pub(super) fn task_growth(inputs: &Inputs<'_>) -> RuleResult {
    let Some(growth) = &inputs.signals.growth else {
        return RuleResult::Unknown;
    };
    let tasks = growth
        .iter()
        .find(|it| it.resource == GrowingResource::Tasks);
    match tasks {
        // Tasks have no limit at which calls fail.
        Some(tasks) => RuleResult::Found(Signs::new(
            Severity::Warning,
            Scope::Runtime,
            Evidence::shown(
                "gusset.tokio.alive_tasks",
                "tasks more in an hour",
                tasks.per_hour,
                Count,
            ),
        )),
        None => RuleResult::Cleared,
    }
}
