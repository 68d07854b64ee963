//! Rules of the CPUs.

use gusset_diagnose::{Confidence, Scope, Severity};
use gusset_system::{Limit, Snapshot};

use super::{levels, severity};
use crate::support::{Pair, cpu_times, ids, is_found, pressure, secs};

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
