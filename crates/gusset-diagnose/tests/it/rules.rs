//! Each rule of the table, at its thresholds.

use gusset_diagnose::{Confidence, Diagnosis, GrowingResource, Growth, Scope, Severity};
use gusset_system::{Limit, Snapshot};

use crate::support::{Pair, cpu_times, ids, is_found, pressure, secs};

#[track_caller]
fn severity(diagnosis: &Diagnosis, id: &str) -> Option<Severity> {
    diagnosis.finding(id).map(|it| it.severity)
}

/// Asserts the severity at three values: just below the warning, at it, and at the critical value.
#[track_caller]
fn levels(id: &str, values: [f64; 3], set: fn(&mut Snapshot, f64)) {
    let at = |value: f64| severity(&Pair::with(|it| set(it, value)), id);
    let [below, warning, critical] = values;
    assert_eq!(at(below), None, "{id} {below}");
    assert_eq!(at(warning), Some(Severity::Warning), "{id} {warning}");
    let expected = if critical.is_finite() {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let critical = if critical.is_finite() {
        critical
    } else {
        warning
    };
    assert_eq!(at(critical), Some(expected), "{id} {critical}");
}

#[test]
fn pressure_of_the_cgroup_is_what_the_service_feels() {
    levels("cpu.saturated", [0.19, 0.21, 0.51], |it, share| {
        it.cgroup.pressure.cpu = pressure(10.0 * share, 0.0);
    });
    let diagnosis = Pair::with(|it| {
        // The host is under pressure, and the container is not.
        it.host.pressure.cpu = pressure(9.0, 0.0);
    });
    assert!(!is_found(&diagnosis, "cpu.saturated"));
}

#[test]
fn pressure_of_the_host_is_of_the_process_that_uses_the_cpus() {
    let saturated = |of_process: f64| {
        let diagnosis = Pair::with(|it| {
            it.cgroup.pressure.cpu = Default::default();
            it.host.pressure.cpu = pressure(6.0, 0.0);
            it.host.cpu = cpu_times(38.0, 1.0, 1.0, 0.0);
            it.process.user_time = Some(secs(of_process));
        });
        diagnosis.finding("cpu.saturated").unwrap().clone()
    };
    let own = saturated(30.0);
    assert_eq!(own.scope, Scope::Process);
    assert_eq!(own.severity, Severity::Critical);
    assert_eq!(saturated(2.0).scope, Scope::Host);
}

#[test]
fn run_queue_counts_without_pressure_stall_information() {
    let diagnosis = Pair::with(|it| {
        it.cgroup.pressure.cpu = Default::default();
        it.host.pressure.cpu = Default::default();
        it.host.runnable = Some(12);
    });
    let finding = diagnosis.finding("cpu.saturated").unwrap();
    assert_eq!(finding.confidence, Confidence::Medium);
    assert_eq!(finding.unknown, ["pressure stall information"]);
}

#[test]
fn full_cpus_without_pressure_are_only_full() {
    levels("cpu.full", [0.89, 0.91, f64::INFINITY], |it, share| {
        it.cgroup.cpu_time = Some(secs(20.0 * share));
    });
    let diagnosis = Pair::with(|it| {
        it.cgroup.cpu_limit = Some(Limit::Unlimited);
        it.host.cpu = cpu_times(37.0, 1.0, 2.0, 0.0);
    });
    assert_eq!(diagnosis.finding("cpu.full").unwrap().scope, Scope::Host);
}

#[test]
fn steal_is_the_hypervisor() {
    levels("cpu.stolen", [0.049, 0.051, 0.11], |it, share| {
        it.host.cpu = cpu_times(4.0, 0.0, 36.0 - 40.0 * share, 40.0 * share);
    });
}

#[test]
fn throttling_without_harm_is_not_a_finding() {
    // kubernetes-mixin#108: it is noisy alone.
    let alone = Pair::with(|it| it.cgroup.throttled_periods = Some(60));
    assert!(!is_found(&alone, "cpu.throttled"));
    let with_lag = |it: &mut Snapshot| {
        it.cgroup.throttled_periods = Some(60);
        it.runtime.lag_p99 = Some(secs(0.08));
    };
    let harmful = Pair::with(with_lag);
    assert_eq!(ids(&harmful), ["cpu.throttled"], "the lag follows from it");
    assert_eq!(
        severity(&harmful, "cpu.throttled"),
        Some(Severity::Critical)
    );
    let unknown = Pair::with(|it| {
        it.cgroup.throttled_periods = Some(30);
        it.runtime.lag_p99 = None;
        it.process.run_delay = None;
    });
    let finding = unknown.finding("cpu.throttled").unwrap();
    assert_eq!(finding.confidence, Confidence::Medium);
}

#[test]
fn no_periods_are_no_throttling() {
    let diagnosis = Pair::with(|it| it.cgroup.periods = Some(0));
    assert!(!is_found(&diagnosis, "cpu.throttled"));
}

#[test]
fn time_in_the_kernel_counts_for_a_busy_process() {
    let times = |user: f64, system: f64| {
        Pair::with(|it| {
            it.process.user_time = Some(secs(user));
            it.process.system_time = Some(secs(system));
        })
    };
    assert!(is_found(&times(4.0, 8.0), "cpu.in_kernel"));
    assert!(!is_found(&times(8.0, 4.0), "cpu.in_kernel"));
    assert!(
        !is_found(&times(0.5, 1.0), "cpu.in_kernel"),
        "it does little"
    );
}

#[test]
fn one_busy_worker_is_one_task() {
    let busy = |first: f64, second: f64| {
        Pair::with(|it| {
            it.runtime.busy = Some(vec![secs(first), secs(second)]);
            it.process.user_time = Some(secs(first + second));
        })
    };
    assert!(is_found(&busy(9.5, 1.0), "cpu.one_worker"));
    assert!(!is_found(&busy(9.5, 9.0), "cpu.one_worker"));
    assert!(!is_found(&busy(8.0, 1.0), "cpu.one_worker"));
}

/// The three cases that were measured with two workers: what is busy is not always working.
#[test]
fn blocking_code_is_not_contention() {
    let case = |busy: f64, cpu_of_busy: f64, delay_of_busy: f64| {
        Pair::with(|it| {
            let busy = 10.0 * busy;
            it.runtime.busy = Some(vec![secs(busy), secs(busy)]);
            it.process.user_time = Some(secs(2.0 * busy * cpu_of_busy));
            it.process.system_time = Some(secs(0.0));
            it.process.run_delay = Some(secs(2.0 * busy * delay_of_busy));
        })
    };
    let spinning = case(0.91, 0.27, 0.84);
    assert!(is_found(&spinning, "runtime.contended"));
    assert!(!is_found(&spinning, "runtime.blocked"));
    let sleeping = case(0.80, 0.004, 0.02);
    assert_eq!(
        severity(&sleeping, "runtime.blocked"),
        Some(Severity::Critical)
    );
    assert!(!is_found(&sleeping, "runtime.contended"));
    let idle = case(0.001, 0.5, 0.5);
    assert!(idle.is_clear(), "{idle}");
    let working = case(0.91, 0.95, 0.05);
    assert!(!is_found(&working, "runtime.blocked") && !is_found(&working, "runtime.contended"));
}

#[test]
fn unknown_run_delay_makes_blocking_less_certain() {
    let diagnosis = Pair::with(|it| {
        it.runtime.busy = Some(vec![secs(8.0), secs(8.0)]);
        it.process.user_time = Some(secs(0.1));
        it.process.run_delay = None;
    });
    let finding = diagnosis.finding("runtime.blocked").unwrap();
    assert_eq!(finding.confidence, Confidence::Medium);
    assert_eq!(finding.unknown, ["run-queue delay of the process"]);
}

#[test]
fn blocked_workers_name_the_route_with_long_polls() {
    let diagnosis = Pair::with(|it| {
        it.runtime.busy = Some(vec![secs(8.0), secs(8.0)]);
        it.process.user_time = Some(secs(0.1));
        it.runtime.lag_p99 = Some(secs(0.2));
        it.service.routes.as_mut().unwrap()[0].slow_polls = Some(50);
    });
    assert_eq!(ids(&diagnosis), ["runtime.blocked"]);
    let finding = &diagnosis.findings[0];
    assert_eq!(finding.subject.as_deref(), Some("/orders"));
    let consequences: Vec<_> = finding.consequences.iter().map(|kind| kind.id).collect();
    assert_eq!(consequences, ["runtime.long_polls", "runtime.lag"]);
}

#[test]
fn lag_queue_and_long_polls_have_thresholds() {
    levels("runtime.lag", [0.0049, 0.0051, 0.051], |it, value| {
        it.runtime.lag_p99 = Some(secs(value));
    });
    levels("runtime.queue", [99.0, 100.0, 1000.0], |it, value| {
        it.runtime.global_queue = Some(value as u64);
    });
    // In ten seconds; the thresholds are by minute.
    levels("runtime.long_polls", [0.0, 1.0, 10.0], |it, value| {
        it.service.routes.as_mut().unwrap()[0].slow_polls = Some(value as u64);
    });
}

#[test]
fn memory_is_compared_with_the_effective_limit() {
    levels("memory.limit", [0.89, 0.91, 0.96], |it, share| {
        it.cgroup.inactive_file = Some(100 << 20);
        it.cgroup.memory_usage = Some((share * f64::from(1 << 30)) as u64 + (100 << 20));
    });
    let host = Pair::with(|it| {
        it.cgroup.memory_limit = Some(Limit::Unlimited);
        it.host.memory.available = Some(400 << 20);
    });
    assert_eq!(host.finding("memory.limit").unwrap().scope, Scope::Host);
}

#[test]
fn memory_that_ran_out_is_critical_at_once() {
    let diagnosis = Pair::with(|it| it.cgroup.memory_events.oom_kills = Some(1));
    assert_eq!(
        severity(&diagnosis, "memory.out_of_memory"),
        Some(Severity::Critical)
    );
    let host = Pair::with(|it| {
        it.cgroup.memory_events = Default::default();
        it.host.paging.oom_kills = Some(1);
    });
    assert_eq!(
        host.finding("memory.out_of_memory").unwrap().scope,
        Scope::Host
    );
}

#[test]
fn waiting_for_memory_has_thresholds() {
    levels("memory.pressure", [0.009, 0.011, 0.11], |it, share| {
        it.cgroup.pressure.memory = pressure(10.0 * share, 10.0 * share);
    });
    levels(
        "memory.page_faults",
        [499.0, 501.0, f64::INFINITY],
        |it, rate| {
            it.host.paging.major_faults = Some((10.0 * rate) as u64);
        },
    );
    levels("memory.swapping", [0.5, 1.0, 1000.0], |it, rate| {
        it.host.paging.swapped_in = Some((10.0 * rate) as u64);
    });
}

#[test]
fn growth_is_a_finding_hours_before_the_limit() {
    let growing = |resource: GrowingResource, hours: f64| {
        let mut pair = Pair::healthy();
        let growth = Growth::new(resource, 1000.0, 0.97, secs(3600.0 * hours));
        pair.now.signals.growth = Some(vec![growth]);
        pair.diagnose()
    };
    let disk = || GrowingResource::Filesystem("/data".into());
    for (resource, id) in [
        (GrowingResource::Memory, "memory.growth"),
        (GrowingResource::OpenFiles, "files.growth"),
        (disk(), "disk.growth"),
    ] {
        assert_eq!(
            severity(&growing(resource.clone(), 20.0), id),
            Some(Severity::Warning)
        );
        assert_eq!(
            severity(&growing(resource.clone(), 1.5), id),
            Some(Severity::Critical)
        );
        assert!(!is_found(&growing(resource, 30.0), id));
    }
    let full = growing(disk(), 5.0);
    assert_eq!(full.findings[0].subject.as_deref(), Some("/data"));
    let tasks = growing(GrowingResource::Tasks, 5.0);
    assert_eq!(
        severity(&tasks, "runtime.task_growth"),
        Some(Severity::Warning)
    );
}

#[test]
fn limits_of_descriptors_and_tasks_have_thresholds() {
    levels("files.limit", [0.69, 0.71, 0.91], |it, share| {
        it.process.open_files = Some((share * 1024.0) as u64);
    });
    levels("tasks.limit", [0.79, 0.81, 0.96], |it, share| {
        it.cgroup.tasks = Some((share * 1000.0) as u64);
    });
    let unlimited = Pair::with(|it| {
        it.cgroup.tasks = Some(100_000);
        it.cgroup.tasks_limit = Some(Limit::Unlimited);
    });
    assert!(!is_found(&unlimited, "tasks.limit"));
}

#[test]
fn disks_have_thresholds() {
    levels("disk.saturated", [0.19, 0.21, 0.51], |it, share| {
        it.cgroup.pressure.io = pressure(10.0 * share, 0.0);
    });
    levels("disk.full", [0.94, 0.951, 0.98], |it, share| {
        let filesystem = &mut it.host.filesystems.as_mut().unwrap()[0];
        filesystem.available = Some(((1.0 - share) * 1000.0) as u64);
        filesystem.free = filesystem.available;
    });
    levels("disk.inodes", [0.94, 0.951, 0.98], |it, share| {
        let filesystem = &mut it.host.filesystems.as_mut().unwrap()[0];
        filesystem.inodes_available = Some(((1.0 - share) * 1000.0) as u64);
    });
    let read_only = Pair::with(|it| {
        let filesystem = &mut it.host.filesystems.as_mut().unwrap()[0];
        filesystem.available = Some(0);
        filesystem.read_only = true;
    });
    assert!(
        !is_found(&read_only, "disk.full"),
        "an image is always full"
    );
}

#[test]
fn slow_disk_needs_pressure() {
    let slow = |waited: f64| {
        Pair::with(|it| {
            it.host.pressure.io = pressure(waited, 0.0);
            let disk = &mut it.host.disks.as_mut().unwrap()[0];
            disk.busy = Some(secs(9.0));
            disk.weighted = Some(secs(30.0));
            disk.writes = Some(100);
            disk.write_time = Some(secs(5.0));
        })
    };
    // Virtual disks are busy all the time, and nothing waits.
    assert!(!is_found(&slow(0.1), "disk.slow"));
    assert!(is_found(&slow(3.0), "disk.slow"));
}

#[test]
fn hanging_tasks_explain_the_load() {
    let diagnosis = Pair::with(|it| it.host.blocked = Some(6));
    assert_eq!(
        severity(&diagnosis, "disk.stuck_tasks"),
        Some(Severity::Warning)
    );
    let busy = Pair::with(|it| {
        it.host.blocked = Some(6);
        it.host.cpu = cpu_times(30.0, 1.0, 9.0, 0.0);
    });
    assert!(!is_found(&busy, "disk.stuck_tasks"));
}

#[test]
fn network_has_thresholds() {
    levels("network.retransmits", [0.009, 0.011, 0.051], |it, share| {
        it.network.tcp.segments_retransmitted = Some((20_000.0 * share) as u64);
    });
    levels("network.time_wait", [0.49, 0.51, 0.81], |it, share| {
        it.network.sockets.tcp_time_wait = Some((28_232.0 * share) as u64);
    });
    levels("network.tracking", [0.74, 0.76, 0.91], |it, share| {
        it.network.tracked_connections = Some((100_000.0 * share) as u64);
    });
    levels("network.accept_queue", [0.0, 0.1, 10.0], |it, rate| {
        it.network.tcp.listen_overflows = Some((10.0 * rate) as u64);
    });
    levels("network.errors", [0.009, 0.011, 0.051], |it, share| {
        let interface = &mut it.network.interfaces.as_mut().unwrap()[0];
        interface.received.errors = Some((40_000.0 * share) as u64);
    });
    let few = Pair::with(|it| {
        it.network.tcp.segments_sent = Some(100);
        it.network.tcp.segments_retransmitted = Some(50);
    });
    assert!(!is_found(&few, "network.retransmits"));
}

#[test]
fn failed_connections_without_a_port_are_critical() {
    let diagnosis = Pair::with(|it| {
        let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
        dependency.address_not_available = Some(1);
        dependency.errors = Some(900);
        it.network.sockets.tcp_time_wait = Some(27_000);
    });
    assert_eq!(
        ids(&diagnosis),
        ["network.no_ports"],
        "the others follow from it"
    );
    assert_eq!(diagnosis.findings[0].subject.as_deref(), Some("payments"));
}

#[test]
fn slow_dependency_is_one_that_calls_wait_for() {
    levels("dependency.slow", [0.049, 0.51, 2.1], |it, p99| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(p99));
    });
    // Three times its usual time, and more than 50 ms.
    let relative = |p99: f64, usual: f64| {
        let mut pair = Pair::healthy();
        pair.now.signals.usual_dependency_p99 = Some(vec![("payments".into(), secs(usual))]);
        pair.now.snapshot.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(p99));
        severity(&pair.diagnose(), "dependency.slow")
    };
    assert_eq!(relative(0.07, 0.02), Some(Severity::Warning));
    assert_eq!(relative(0.21, 0.02), Some(Severity::Critical));
    assert_eq!(relative(0.05, 0.02), None);
    assert_eq!(relative(0.04, 0.001), None, "it is fast all the same");
    // The calls compute for most of their time, or wait for something else.
    let computing = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.routes.as_mut().unwrap()[0].polled = Some(secs(25.0));
    });
    assert!(!is_found(&computing, "dependency.slow"));
    let beside = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.dependencies.as_mut().unwrap()[0].duration = Some(secs(3.0));
    });
    assert!(!is_found(&beside, "dependency.slow"));
    let unknown = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        it.service.routes = None;
    });
    assert_eq!(
        unknown.finding("dependency.slow").unwrap().confidence,
        Confidence::Medium
    );
}

#[test]
fn slow_dependency_explains_an_exhausted_pool() {
    let diagnosis = Pair::with(|it| {
        it.service.dependencies.as_mut().unwrap()[0].p99 = Some(secs(3.0));
        let pool = &mut it.service.pools.as_mut().unwrap()[0];
        pool.in_use = Some(10);
        pool.waiting = Some(20);
    });
    assert_eq!(ids(&diagnosis), ["dependency.slow"]);
    assert_eq!(diagnosis.findings[0].consequences[0].id, "pool.exhausted");
}

#[test]
fn exhausted_pool_is_full_and_calls_wait() {
    let pool = |in_use: u64, waiting: u64, wait: f64| {
        Pair::with(|it| {
            let pool = &mut it.service.pools.as_mut().unwrap()[0];
            (pool.in_use, pool.waiting) = (Some(in_use), Some(waiting));
            pool.wait_p99 = Some(secs(wait));
        })
    };
    assert_eq!(
        severity(&pool(10, 1, 0.0), "pool.exhausted"),
        Some(Severity::Warning)
    );
    assert_eq!(
        severity(&pool(10, 5, 1.5), "pool.exhausted"),
        Some(Severity::Critical)
    );
    assert!(
        !is_found(&pool(10, 0, 0.0), "pool.exhausted"),
        "all are in use, and no call waits"
    );
    assert!(
        !is_found(&pool(3, 0, 0.5), "pool.exhausted"),
        "a new connection is slow"
    );
    assert_eq!(
        pool(10, 1, 0.0).findings[0].subject.as_deref(),
        Some("database")
    );
}

#[test]
fn failing_dependency_needs_more_than_one_failure() {
    let failed = |errors: u64, calls: u64| {
        Pair::with(|it| {
            let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
            (dependency.errors, dependency.calls) = (Some(errors), Some(calls));
        })
    };
    assert_eq!(
        severity(&failed(60, 1000), "dependency.failing"),
        Some(Severity::Warning)
    );
    assert_eq!(
        severity(&failed(600, 1000), "dependency.failing"),
        Some(Severity::Critical)
    );
    assert!(!is_found(&failed(2, 2), "dependency.failing"));
}

#[test]
fn opening_connections_takes_most_of_the_time() {
    let diagnosis = Pair::with(|it| {
        let dependency = &mut it.service.dependencies.as_mut().unwrap()[0];
        dependency.dns = Some(secs(2.0));
        dependency.connect = Some(secs(4.0));
        dependency.tls = Some(secs(5.0));
    });
    assert!(is_found(&diagnosis, "dependency.connecting"));
}

#[test]
fn open_breaker_is_named() {
    let mut pair = Pair::healthy();
    pair.now.signals.open_breakers = Some(vec!["payments".into()]);
    let diagnosis = pair.diagnose();
    assert_eq!(
        diagnosis
            .finding("breaker.open")
            .unwrap()
            .subject
            .as_deref(),
        Some("payments")
    );
}

#[test]
fn service_without_dependencies_has_none_that_is_slow() {
    let diagnosis = Pair::with(|it| {
        it.service.dependencies = Some(Vec::new());
        it.service.pools = Some(Vec::new());
    });
    for id in ["dependency.slow", "dependency.failing", "pool.exhausted"] {
        assert!(diagnosis.cleared.iter().any(|kind| kind.id == id), "{id}");
    }
}
