//! Control groups of version 2.

use std::time::Duration;

use gusset_system::{CgroupVersion, Limit};

use super::folder::Folder;

/// Returns a container of Kubernetes with a namespace of its own: its cgroup is the root that it sees.
fn container() -> Folder {
    let folder = Folder::new();
    folder
        .file("proc/self/cgroup", "0::/\n")
        .file(
            "proc/self/mountinfo",
            "1 0 0:70 / /proc rw - proc proc rw\n2 0 0:31 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n",
        )
        .file("proc/stat", "cpu 1 2 3 4 5 6 7 8\ncpu0 1\ncpu1 1\ncpu2 1\ncpu3 1\n")
        .file("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n")
        .file("sys/fs/cgroup/cpu.max", "150000 100000\n")
        .file(
            "sys/fs/cgroup/cpu.stat",
            "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\nnr_periods 1000\nnr_throttled 250\nthrottled_usec 9000000\n",
        )
        .file("sys/fs/cgroup/memory.max", "536870912\n")
        .file("sys/fs/cgroup/memory.current", "400000000\n")
        .file("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 100000000\n")
        .file("sys/fs/cgroup/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n")
        .file("sys/fs/cgroup/pids.max", "max\n")
        .file("sys/fs/cgroup/pids.current", "17\n")
        .file(
            "sys/fs/cgroup/cpu.pressure",
            "some avg10=25.00 avg60=20.00 avg300=1.00 total=1000000\nfull avg10=1.00 avg60=1.00 avg300=1.00 total=500000\n",
        );
    folder
}

#[test]
fn container_is_read_completely() {
    let snapshot = container().snapshot();
    let cgroup = &snapshot.cgroup;
    assert_eq!(cgroup.version, Some(CgroupVersion::V2));
    assert_eq!(cgroup.cpu_limit, Some(Limit::Finite(1.5)));
    assert_eq!(cgroup.cpu_time, Some(Duration::from_secs(5)));
    assert_eq!(cgroup.periods, Some(1000));
    assert_eq!(cgroup.throttled_periods, Some(250));
    assert_eq!(cgroup.throttled_time, Some(Duration::from_secs(9)));
    assert_eq!(cgroup.memory_limit, Some(Limit::Finite(512 << 20)));
    assert_eq!(cgroup.working_set(), Some(300_000_000));
    assert_eq!(cgroup.memory_events.oom_kills, Some(4));
    assert_eq!(cgroup.tasks, Some(17));
    assert_eq!(cgroup.tasks_limit, Some(Limit::Unlimited));
    let stall = cgroup.pressure.cpu.some.unwrap();
    assert_eq!((stall.avg10, stall.total), (0.25, Duration::from_secs(1)));
    assert_eq!(cgroup.pressure.io.some, None, "the file is not there");
}

#[test]
fn host_and_container_are_kept_apart() {
    let snapshot = container().snapshot();
    assert_eq!(snapshot.host.cpus, Some(4));
    assert_eq!(snapshot.effective_cpus(), Some(1.5));
    assert_eq!(snapshot.host.memory.total, Some(16 << 30));
    assert_eq!(snapshot.effective_memory(), Some(512 << 20));
    assert_eq!(snapshot.memory_used(), Some(300_000_000));
    assert_eq!(
        snapshot.host.pressure.cpu.some, None,
        "that of the cgroup is not of the host"
    );
}

/// Returns a service of systemd, with limits in its slice.
fn service() -> Folder {
    let folder = Folder::new();
    let top = "sys/fs/cgroup";
    folder
        .file("proc/self/cgroup", "0::/shop.slice/shop.service\n")
        .file(
            "proc/self/mountinfo",
            "2 0 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
        )
        .file("proc/stat", "cpu 1 2 3 4\ncpu0 1\n")
        .file(&format!("{top}/cpu.stat"), "usage_usec 9000000\n")
        .file(&format!("{top}/shop.slice/cpu.max"), "50000 100000\n")
        .file(
            &format!("{top}/shop.slice/cpu.stat"),
            "usage_usec 7000000\nnr_periods 10\nnr_throttled 5\nthrottled_usec 3\n",
        )
        .file(&format!("{top}/shop.slice/memory.max"), "1000\n")
        .file(&format!("{top}/shop.slice/memory.current"), "900\n")
        .file(
            &format!("{top}/shop.slice/memory.stat"),
            "inactive_file 100\n",
        )
        .file(
            &format!("{top}/shop.slice/shop.service/cpu.max"),
            "max 100000\n",
        )
        .file(
            &format!("{top}/shop.slice/shop.service/cpu.stat"),
            "usage_usec 5000000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
        )
        .file(
            &format!("{top}/shop.slice/shop.service/memory.max"),
            "2000\n",
        )
        .file(
            &format!("{top}/shop.slice/shop.service/memory.current"),
            "300\n",
        )
        .file(
            &format!("{top}/shop.slice/shop.service/memory.stat"),
            "inactive_file 50\n",
        );
    folder
}

#[test]
fn smallest_limit_up_to_the_root_applies() {
    let cgroup = service().snapshot().cgroup;
    assert_eq!(cgroup.cpu_limit, Some(Limit::Finite(0.5)));
    assert_eq!(cgroup.memory_limit, Some(Limit::Finite(1000)));
    assert_eq!(
        cgroup.tasks_limit,
        Some(Limit::Unlimited),
        "without the controller"
    );
}

#[test]
fn use_is_that_of_the_cgroup_with_the_limit() {
    let cgroup = service().snapshot().cgroup;
    assert_eq!(cgroup.throttled_periods, Some(5));
    assert_eq!(cgroup.working_set(), Some(800));
    assert_eq!(
        cgroup.cpu_time,
        Some(Duration::from_secs(5)),
        "of the service itself"
    );
}

#[test]
fn changed_limit_is_seen() {
    let folder = service();
    let mut reader = folder.reader();
    assert_eq!(reader.snapshot().cgroup.cpu_limit, Some(Limit::Finite(0.5)));
    folder.file("sys/fs/cgroup/shop.slice/cpu.max", "200000 100000\n");
    assert_eq!(reader.snapshot().cgroup.cpu_limit, Some(Limit::Finite(2.0)));
}

#[test]
fn unreadable_limit_makes_the_limit_unknown() {
    let folder = service();
    folder.file("sys/fs/cgroup/shop.slice/cpu.max", "no numbers\n");
    let snapshot = folder.snapshot();
    assert_eq!(snapshot.cgroup.cpu_limit, None);
    assert_eq!(snapshot.effective_cpus(), None, "not those of the host");
}

#[test]
fn hierarchy_that_is_not_mounted_makes_limits_unknown() {
    let folder = Folder::new();
    folder
        .file("proc/self/cgroup", "0::/kubepods/pod1/a\n")
        .file(
            "proc/self/mountinfo",
            "1 0 0:70 / /proc rw - proc proc rw\n",
        );
    let cgroup = folder.snapshot().cgroup;
    assert_eq!(cgroup.version, Some(CgroupVersion::V2));
    assert_eq!((cgroup.cpu_limit, cgroup.memory_limit), (None, None));
}

#[test]
fn path_outside_of_the_namespace_is_the_root() {
    let folder = container();
    folder.file("proc/self/cgroup", "0::/../other\n");
    assert_eq!(folder.snapshot().cgroup.cpu_limit, Some(Limit::Finite(1.5)));
}
