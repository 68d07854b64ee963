//! Host, container, process and runtime against their limits.

use std::sync::Arc;

use gusset_data::{SharedStr, ShowState, StateTree};
use gusset_system::{Interval, Latest, Pressures, SystemSampler};

/// Returns what shows the last readings. It does not keep the sampler alive.
pub(super) fn state(system: &Arc<SystemSampler>) -> impl ShowState + use<> {
    let system = Arc::downgrade(system);
    move || {
        let system = system.upgrade();
        system.map_or(StateTree::Unknown, |system| rows(&system.latest()))
    }
}

fn rows(Latest { previous, now, .. }: &Latest) -> StateTree {
    let interval = previous
        .as_ref()
        .and_then(|it| Some((it, Interval::between(it, now)?)));
    let cpu = interval.as_ref().and_then(|(previous, interval)| {
        interval.share(previous.process.cpu_time(), now.process.cpu_time())
    });
    let throttled = interval.as_ref().and_then(|(previous, interval)| {
        let (before, now) = (&previous.cgroup, &now.cgroup);
        let periods = interval.rate(before.periods, now.periods)?;
        let throttled = interval.rate(before.throttled_periods, now.throttled_periods)?;
        (periods > 0.0).then_some(throttled / periods)
    });
    let busy = interval.as_ref().and_then(|(previous, interval)| {
        interval.share(previous.runtime.total_busy(), now.runtime.total_busy())
    });
    let process = &now.process;
    #[expect(clippy::cast_precision_loss, reason = "a share is not exact")]
    let number = |value: Option<u64>| value.map(|value| value as f64);
    StateTree::list([
        row("CPUs of the process", cpu, now.effective_cpus()),
        row(
            "load of one minute",
            now.host.load.map(|it| it.one),
            now.effective_cpus(),
        ),
        row("throttled share of periods", throttled, Some(1.0)),
        row(
            "memory, MiB",
            mebi(now.memory_used()),
            mebi(now.effective_memory()),
        ),
        row(
            "resident memory of the process, MiB",
            mebi(process.resident),
            mebi(now.effective_memory()),
        ),
        row(
            "open files",
            number(process.open_files),
            number(process.open_files_limit),
        ),
        row("threads", number(process.threads), None),
        row(
            "busy workers of the runtime",
            busy,
            number(now.runtime.workers),
        ),
        row(
            "tasks of the runtime",
            number(now.runtime.alive_tasks),
            None,
        ),
        row(
            "tasks that wait for a worker",
            number(now.runtime.global_queue),
            None,
        ),
        row(
            "waits for a CPU, % of 10 s",
            stall(now, |it| it.cpu.some),
            Some(100.0),
        ),
        row(
            "waits for memory, % of 10 s",
            stall(now, |it| it.memory.some),
            Some(100.0),
        ),
        row(
            "waits for a disk, % of 10 s",
            stall(now, |it| it.io.some),
            Some(100.0),
        ),
    ])
}

fn row(what: &'static str, value: Option<f64>, limit: Option<f64>) -> StateTree {
    let percent = value.zip(limit).filter(|(_, limit)| *limit > 0.0);
    let percent = percent.map(|(value, limit)| (100.0 * value / limit).round());
    let rounded = |value: Option<f64>| value.map(|value| (value * 100.0).round() / 100.0);
    StateTree::fields([
        ("what", SharedStr::from_static(what).into()),
        ("value", rounded(value).into()),
        ("limit", rounded(limit).into()),
        ("%", percent.into()),
    ])
}

/// Returns the pressure of the cgroup, where the kernel has it, or else that of the host.
fn stall(
    now: &gusset_system::Snapshot,
    of: impl Fn(&Pressures) -> Option<gusset_system::Stall>,
) -> Option<f64> {
    let stall = of(&now.cgroup.pressure).or_else(|| of(&now.host.pressure));
    stall.map(|stall| stall.avg10)
}

#[expect(clippy::cast_precision_loss, reason = "memory is shown in MiB")]
fn mebi(bytes: Option<u64>) -> Option<f64> {
    bytes.map(|bytes| bytes as f64 / f64::from(1 << 20))
}
