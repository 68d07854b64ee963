//! The tree: errors, saturation, utilisation; and what is left when all is cleared.

use gusset_diagnose::{MAX_FINDINGS, Severity};
use gusset_system::LoadAverage;

use crate::support::{Pair, ids, pressure, secs};

fn load(one: f64) -> LoadAverage {
    let mut load = LoadAverage::default();
    load.one = one;
    load
}

#[test]
fn load_average_is_not_a_finding() {
    let diagnosis = Pair::with(|it| it.host.load = Some(load(40.0)));
    assert!(diagnosis.is_clear());
    let load = diagnosis.load.unwrap();
    assert_eq!(
        (load.per_cpu, load.severity),
        (10.0, Some(Severity::Critical))
    );
    assert!(
        diagnosis
            .to_string()
            .contains("The load average is 10.0 by CPU, which is very high")
    );
}

#[test]
fn high_load_is_the_cpu_or_a_device() {
    let cpu = Pair::with(|it| {
        it.host.load = Some(load(40.0));
        it.cgroup.pressure.cpu = pressure(7.0, 0.0);
    });
    assert_eq!(ids(&cpu), ["cpu.saturated"]);
    let device = Pair::with(|it| {
        it.host.load = Some(load(40.0));
        it.host.blocked = Some(36);
    });
    assert_eq!(ids(&device), ["disk.stuck_tasks"]);
}

#[test]
fn low_load_and_slow_calls_are_elsewhere() {
    let diagnosis = Pair::with(|it| {
        it.host.load = Some(load(0.1));
        it.service.routes.as_mut().unwrap()[0].p99 = Some(secs(3.0));
    });
    assert_eq!(ids(&diagnosis), ["path.elsewhere"]);
    let text = diagnosis.to_string();
    assert!(
        text.contains("Not the cause: CPU, runtime, memory, disk, network,"),
        "{text}"
    );
}

#[test]
fn slow_calls_with_a_cause_are_not_elsewhere() {
    let diagnosis = Pair::with(|it| {
        it.service.routes.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.cgroup.pressure.cpu = pressure(7.0, 0.0);
    });
    assert_eq!(ids(&diagnosis), ["cpu.saturated"]);
    // Something that is nearly full slows nothing down.
    let full = Pair::with(|it| {
        it.service.routes.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.cgroup.cpu_time = Some(secs(19.0));
    });
    assert_eq!(ids(&full), ["cpu.full", "path.elsewhere"]);
}

#[test]
fn errors_are_before_saturation_before_utilisation() {
    let diagnosis = Pair::with(|it| {
        it.cgroup.memory_events.oom_kills = Some(1);
        it.cgroup.pressure.io = pressure(3.0, 0.0);
        it.process.open_files = Some(1000);
        let filesystem = &mut it.host.filesystems.as_mut().unwrap()[0];
        filesystem.available = Some(10);
        filesystem.free = Some(10);
    });
    let expected = [
        "memory.out_of_memory",
        "files.limit",
        "disk.saturated",
        "disk.full",
    ];
    assert_eq!(ids(&diagnosis), expected);
}

#[test]
fn further_findings_are_counted() {
    let diagnosis = Pair::with(|it| {
        it.cgroup.memory_events.oom_kills = Some(1);
        it.network.tcp.listen_overflows = Some(1);
        it.cgroup.pressure.io = pressure(3.0, 0.0);
        it.process.open_files = Some(1000);
        it.cgroup.tasks = Some(999);
        it.network.tracked_connections = Some(99_000);
        it.network.sockets.tcp_time_wait = Some(20_000);
    });
    assert_eq!(
        (diagnosis.findings.len(), diagnosis.omitted),
        (MAX_FINDINGS, 2)
    );
    assert!(
        diagnosis
            .to_string()
            .contains("2 further findings are not listed.")
    );
}
