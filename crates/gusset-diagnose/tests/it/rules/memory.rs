//! Rules of memory, and of what grows.

use gusset_diagnose::{GrowingResource, Growth, Scope, Severity};
use gusset_system::Limit;

use super::{levels, severity};
use crate::support::{Pair, is_found, pressure, secs};

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
