//! Control groups of version 1, with and without version 2 beside it.

use std::time::Duration;

use gusset_system::{CgroupVersion, Limit};

use super::folder::Folder;

const UNLIMITED: &str = "9223372036854771712\n";

/// Returns a container of Docker that sees its part of each hierarchy at the top.
fn container() -> Folder {
    let folder = Folder::new();
    folder
        .file(
            "proc/self/cgroup",
            "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:pids:/docker/abc\n1:name=systemd:/docker/abc\n",
        )
        .file(
            "proc/self/mountinfo",
            "10 9 0:25 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
             11 9 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
             12 9 0:27 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n",
        )
        .file("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n")
        .file("proc/stat", "cpu 1 2 3 4\ncpu0 1\ncpu1 1\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 100\nnr_throttled 25\nthrottled_time 7000000000\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "5000000000\n")
        .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n")
        .file("sys/fs/cgroup/memory/memory.usage_in_bytes", "400000000\n")
        .file("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 100000000\n")
        .file("sys/fs/cgroup/memory/memory.failcnt", "9\n")
        .file("sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
        .file("sys/fs/cgroup/pids/pids.max", "100\n")
        .file("sys/fs/cgroup/pids/pids.current", "17\n");
    folder
}

#[test]
fn container_is_read_completely() {
    let snapshot = container().snapshot();
    let cgroup = &snapshot.cgroup;
    assert_eq!(cgroup.version, Some(CgroupVersion::V1));
    assert_eq!(cgroup.cpu_limit, Some(Limit::Finite(0.5)));
    assert_eq!(cgroup.cpu_time, Some(Duration::from_secs(5)));
    assert_eq!(cgroup.throttled_time, Some(Duration::from_secs(7)));
    assert_eq!(cgroup.memory_limit, Some(Limit::Finite(512 << 20)));
    assert_eq!(cgroup.working_set(), Some(300_000_000));
    assert_eq!(cgroup.memory_events.max, Some(9));
    assert_eq!(cgroup.memory_events.oom_kills, Some(2));
    assert_eq!(cgroup.tasks_limit, Some(Limit::Finite(100)));
    assert_eq!(snapshot.effective_cpus(), Some(0.5));
}

#[test]
fn greatest_number_is_no_limit() {
    let folder = container();
    folder
        .file("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED)
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    let snapshot = folder.snapshot();
    assert_eq!(snapshot.cgroup.memory_limit, Some(Limit::Unlimited));
    assert_eq!(
        snapshot.effective_memory(),
        Some(1 << 30),
        "that of the host"
    );
    assert_eq!(snapshot.effective_cpus(), Some(2.0));
}

#[test]
fn empty_hierarchy_of_version_2_beside_is_hybrid() {
    let folder = container();
    let mounts = "\
10 9 0:25 / /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu
11 9 0:26 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
13 9 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";
    folder
        .file("proc/self/cgroup", "4:memory:/a/b\n1:cpu:/\n0::/\n")
        .file("proc/self/mountinfo", mounts)
        .file(
            "sys/fs/cgroup/cpu/cpu.stat",
            "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
        )
        .file("sys/fs/cgroup/memory/memory.limit_in_bytes", UNLIMITED)
        .file("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4096\n")
        .file("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", UNLIMITED)
        .file(
            "sys/fs/cgroup/unified/cpu.pressure",
            "some avg10=1.00 avg60=1.00 avg300=1.00 total=1\n",
        );
    let cgroup = folder.snapshot().cgroup;
    assert_eq!(cgroup.version, Some(CgroupVersion::Hybrid));
    assert_eq!(
        cgroup.cpu_limit,
        Some(Limit::Unlimited),
        "the root has no quota"
    );
    assert_eq!(
        cgroup.memory_limit,
        Some(Limit::Finite(4096)),
        "of the parent"
    );
    assert!(cgroup.pressure.cpu.some.is_some());
}

#[test]
fn host_without_control_groups_has_no_limits() {
    let folder = Folder::new();
    folder
        .file("proc/self/cgroup", "")
        .file("proc/self/mountinfo", "")
        .file("proc/stat", "cpu 1 2 3 4\ncpu0 1\n");
    let snapshot = folder.snapshot();
    assert_eq!(snapshot.cgroup.version, Some(CgroupVersion::Absent));
    assert_eq!(snapshot.cgroup.cpu_limit, Some(Limit::Unlimited));
    assert_eq!(snapshot.effective_cpus(), Some(1.0));
}
