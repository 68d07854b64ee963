//! Rules of descriptors, tasks and disks.

use gusset_diagnose::Severity;
use gusset_system::Limit;

use super::{levels, severity};
use crate::support::{Pair, cpu_times, is_found, pressure, secs};

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
