//! The CPUs.

use std::time::Duration;

use gusset_system::{CpuTimes, Limit};

use super::{Inputs, RuleResult, Signs, number, ratio};
use crate::EvidenceUnit::{Count, Cpus, Share};
use crate::{Area, Evidence, FindingKind, Scope, Stage};

pub(crate) static SATURATED: FindingKind = FindingKind {
    id: "cpu.saturated",
    area: Area::Cpu,
    stage: Stage::Saturation,
    conclusion: "Threads wait for a CPU: the service is bound by the CPU, or other programs on the host are.",
    advice: "Compare the CPUs that this process uses with those there are. If it uses most of them, take a CPU profile of \
             the routes with the most time in polls, or run more instances. If not, move other programs away.",
};

pub(crate) static THROTTLED: FindingKind = FindingKind {
    id: "cpu.throttled",
    area: Area::Cpu,
    stage: Stage::Saturation,
    conclusion: "The container is stopped again and again, because it has used up its CPU limit.",
    advice: "Raise or remove the CPU limit of the container, and set the worker threads to that limit: with more of them \
             the limit is used up sooner in each period.",
};

pub(crate) static STOLEN: FindingKind = FindingKind {
    id: "cpu.stolen",
    area: Area::Cpu,
    stage: Stage::Saturation,
    conclusion: "Other virtual machines get CPU time that this one needs (steal).",
    advice: "It is not a fault of the service. Move the virtual machine, choose a larger one, or check its CPU credits.",
};

pub(crate) static FULL: FindingKind = FindingKind {
    id: "cpu.full",
    area: Area::Cpu,
    stage: Stage::Utilisation,
    conclusion: "The CPUs are fully used, and little waits for them yet.",
    advice: "Nothing is slow because of it now. Plan for more capacity before there is more traffic.",
};

pub(crate) static IN_KERNEL: FindingKind = FindingKind {
    id: "cpu.in_kernel",
    area: Area::Cpu,
    stage: Stage::Utilisation,
    conclusion: "The process spends most of its CPU time in the kernel and not in its own code.",
    advice: "Count its system calls with `strace -c -f -p`. Many small reads and writes are cheaper in batches.",
};

pub(crate) static ONE_WORKER: FindingKind = FindingKind {
    id: "cpu.one_worker",
    area: Area::Cpu,
    stage: Stage::Utilisation,
    conclusion: "One worker of the runtime is busy all the time while the others are idle: one task does all the work.",
    advice: "Split the work of the task, or spawn its parts, so that other workers can take them.",
};

/// Looks at PSI of the cgroup, or else of the host, or else at the run queue.
pub(super) fn saturated(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.cpu_pressure;
    let of_cgroup = inputs.share(|it| Some(it.cgroup.pressure.cpu.some?.total));
    let of_host = inputs.share(|it| Some(it.host.pressure.cpu.some?.total));
    let result = match of_cgroup {
        Some(_) => RuleResult::at_levels(of_cgroup, levels, Scope::Cgroup, |value| {
            let metric = "gusset.cgroup.pressure.stall";
            let about = "time in which threads of the container waited for a CPU";
            Evidence::new(metric, about, value, levels.warning, Share)
        }),
        None => RuleResult::at_levels(of_host, levels, culprit(inputs), |value| {
            let metric = "gusset.system.pressure.stall";
            let about = "time in which threads of the host waited for a CPU";
            Evidence::new(metric, about, value, levels.warning, Share)
        }),
    };
    let result = match result {
        RuleResult::Unknown => run_queue(inputs),
        known => known,
    };
    result
        .and_if_known(inputs.process_cpus().map(|cpus| {
            Evidence::shown(
                "process.cpu.time",
                "CPUs that this process uses",
                cpus,
                Cpus,
            )
        }))
        .and_if_known(inputs.now.effective_cpus().map(|cpus| {
            Evidence::shown(
                "gusset.process.cpu.limit",
                "CPUs that it may use",
                cpus,
                Cpus,
            )
        }))
}

/// Returns the result without PSI: more threads can run than there are CPUs.
fn run_queue(inputs: &Inputs<'_>) -> RuleResult {
    let (Some(runnable), Some(cpus)) = (inputs.now.host.runnable, inputs.now.host.cpus) else {
        return RuleResult::Unknown;
    };
    let (runnable, cpus) = (number(runnable), f64::from(cpus));
    // This thread is one of them.
    if runnable <= cpus + 1.0 {
        return RuleResult::Cleared;
    }
    let about = "threads that could run";
    let evidence = Evidence::new("gusset.system.tasks", about, runnable, cpus, Count);
    RuleResult::Found(Signs::new(
        crate::Severity::Warning,
        culprit(inputs),
        evidence,
    ))
    .and("pressure stall information", None)
}

/// Returns whether this process uses at least half of the CPU time of the host.
fn culprit(inputs: &Inputs<'_>) -> Scope {
    let busy = used_cpus(inputs);
    let share = inputs.process_cpus().zip(busy);
    match share.and_then(|(process, busy)| ratio(process, busy)) {
        Some(share) if share >= 0.5 => Scope::Process,
        _ => Scope::Host,
    }
}

pub(super) fn throttled(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.cpu_throttled;
    let periods = inputs.increase(|it| it.cgroup.periods);
    let throttled = inputs.increase(|it| it.cgroup.throttled_periods);
    let share = periods.zip(throttled);
    let share = share.map(|(periods, throttled)| ratio(throttled, periods).unwrap_or(0.0));
    let result = RuleResult::at_levels(share, levels, Scope::Cgroup, |value| {
        let metric = "gusset.cgroup.cpu.throttled_periods";
        let about = "periods in which the container was stopped";
        Evidence::new(metric, about, value, levels.warning, Share)
    });
    // Throttling of a job beside the calls is harmless: kubernetes-mixin#108.
    let delay = harm(inputs);
    match (result, delay) {
        (RuleResult::Found(_), Some(Harm::None)) => RuleResult::Cleared,
        (result, Some(Harm::Seen(evidence))) => result.and_if_known(Some(evidence)),
        (result, _) => result.and("event-loop lag or run-queue delay", None),
    }
}

/// Whether the service is slower because it has no CPU.
enum Harm {
    None,
    Seen(Evidence),
}

fn harm(inputs: &Inputs<'_>) -> Option<Harm> {
    let lag = inputs.now.runtime.lag_p99.map(|lag| lag.as_secs_f64());
    let least = inputs.thresholds.runtime_lag.warning;
    let run_delay = run_delay_of_busy(inputs);
    let least_delay = inputs.thresholds.contended_run_delay;
    if let Some(lag) = lag.filter(|lag| *lag >= least) {
        let about = "event-loop lag (99th percentile)";
        let unit = crate::EvidenceUnit::Seconds;
        let evidence = Evidence::new("gusset.tokio.lag", about, lag, least, unit);
        return Some(Harm::Seen(evidence));
    }
    if let Some(delay) = run_delay.filter(|delay| *delay >= least_delay) {
        return Some(Harm::Seen(run_delay_evidence(delay, least_delay)));
    }
    (lag.is_some() || run_delay.is_some()).then_some(Harm::None)
}

/// Returns the time in which threads of the process waited for a CPU, as a share of the workers' busy time.
pub(super) fn run_delay_of_busy(inputs: &Inputs<'_>) -> Option<f64> {
    let busy = inputs.seconds(|it| it.runtime.total_busy())?;
    ratio(inputs.seconds(|it| it.process.run_delay)?, busy)
}

pub(super) fn run_delay_evidence(value: f64, threshold: f64) -> Evidence {
    let about = "time in which threads of this process waited for a CPU, of the workers' busy time";
    Evidence::new("gusset.process.run_delay", about, value, threshold, Share)
}

pub(super) fn stolen(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.cpu_steal;
    let steal = shares(inputs).and_then(|times| times.share_of(|it| it.steal));
    RuleResult::at_levels(steal, levels, Scope::Host, |value| {
        let about = "CPU time given to other virtual machines";
        Evidence::new("system.cpu.time", about, value, levels.warning, Share)
    })
}

/// Looks at the limit of the cgroup if it has one below the CPUs of the host, and else at the host.
pub(super) fn full(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.cpu_utilisation;
    let cpus = inputs.now.host.cpus.map(f64::from);
    let limit = inputs.now.cgroup.cpu_limit.and_then(Limit::finite);
    if let Some(limit) = limit.filter(|limit| cpus.is_none_or(|cpus| *limit < cpus)) {
        let used = inputs.share(|it| it.cgroup.cpu_time);
        let used = used.and_then(|used| ratio(used, limit));
        return RuleResult::at_levels(used, levels, Scope::Cgroup, |value| {
            let about = "CPU time of the container's limit";
            Evidence::new("container.cpu.time", about, value, levels.warning, Share)
        });
    }
    let used = shares(inputs).and_then(|times| times.busy());
    RuleResult::at_levels(used, levels, Scope::Host, |value| {
        let about = "CPU time of the host that is used";
        Evidence::new("system.cpu.time", about, value, levels.warning, Share)
    })
}

pub(super) fn in_kernel(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.cpu_in_kernel;
    let (Some(user), Some(system), Some(cpus)) = (
        inputs.share(|it| it.process.user_time),
        inputs.share(|it| it.process.system_time),
        inputs.now.effective_cpus(),
    ) else {
        return RuleResult::Unknown;
    };
    // A process that does little has no typical share.
    if user + system < 0.5 * cpus {
        return RuleResult::Cleared;
    }
    RuleResult::at_levels(
        ratio(system, user + system),
        levels,
        Scope::Process,
        |value| {
            let about = "CPU time of this process in the kernel";
            Evidence::new("process.cpu.time", about, value, levels.warning, Share)
        },
    )
}

pub(super) fn one_worker(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.one_worker_busy;
    let (Some(before), Some(now)) = (&inputs.previous.runtime.busy, &inputs.now.runtime.busy)
    else {
        return RuleResult::Unknown;
    };
    let Some(elapsed) = inputs.elapsed().filter(|_| before.len() == now.len()) else {
        return RuleResult::Unknown;
    };
    let busy = before.iter().zip(now).map(|(before, now)| {
        let added: Duration = now.saturating_sub(*before);
        added.as_secs_f64() / elapsed
    });
    let busy: Vec<_> = busy.collect();
    let sum: f64 = busy.iter().sum();
    let busiest = busy.iter().copied().fold(0.0, f64::max);
    let others = ratio(sum - busiest, number(busy.len() as u64) - 1.0);
    match others {
        Some(others) if others < 0.5 => {
            RuleResult::at_levels(Some(busiest), levels, Scope::Runtime, |value| {
                let metric = "gusset.tokio.workers.busy";
                let about = "time in which the busiest worker polled";
                Evidence::new(metric, about, value, levels.warning, Share)
            })
            .and_if_known(Some(Evidence::shown(
                "gusset.tokio.workers.busy",
                "time in which the others did, on average",
                others,
                Share,
            )))
        }
        _ => RuleResult::Cleared,
    }
}

/// What was added to the time of each mode, and to all together.
struct ModeTimes {
    times: CpuTimes,
    total: f64,
}

impl ModeTimes {
    fn share_of(&self, mode: impl Fn(&CpuTimes) -> Option<Duration>) -> Option<f64> {
        ratio(mode(&self.times)?.as_secs_f64(), self.total)
    }

    /// Returns the share that is neither idle nor waiting for a device.
    fn busy(&self) -> Option<f64> {
        let idle = self.share_of(|it| it.idle)?;
        Some(1.0 - idle - self.share_of(|it| it.iowait).unwrap_or(0.0))
    }
}

fn shares(inputs: &Inputs<'_>) -> Option<ModeTimes> {
    let times = inputs
        .interval?
        .cpu_times(&inputs.previous.host.cpu, &inputs.now.host.cpu);
    let total = times.total()?.as_secs_f64();
    Some(ModeTimes { times, total })
}

/// Returns the CPUs of the host that are used.
fn used_cpus(inputs: &Inputs<'_>) -> Option<f64> {
    let busy = shares(inputs)?.busy()?;
    Some(busy * f64::from(inputs.now.host.cpus?))
}

/// Returns the share of the CPU time of the host that is idle.
pub(super) fn idle(inputs: &Inputs<'_>) -> Option<f64> {
    Some(1.0 - shares(inputs)?.busy()?)
}
