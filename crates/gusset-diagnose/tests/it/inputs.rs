//! One input for each finding: how it is made worse, and how it is made unknown.

use gusset_diagnose::{GrowingResource, Growth};
use gusset_system::{Dependency, Disk, Limit, Snapshot};

use crate::support::{Pair, cpu_times, pressure, secs};

/// An input, from 0 (nothing) to 1 (as bad as it can be).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    /// The finding that it leads to.
    pub(crate) id: &'static str,
    pub(crate) set: fn(&mut Pair, f64),
    /// Makes it unknown.
    pub(crate) forget: fn(&mut Pair),
}

fn now(pair: &mut Pair) -> &mut Snapshot {
    &mut pair.now.snapshot
}

fn dependency(pair: &mut Pair) -> Option<&mut Dependency> {
    now(pair).service.dependencies.as_mut()?.first_mut()
}

fn disk(pair: &mut Pair) -> Option<&mut Disk> {
    now(pair).host.disks.as_mut()?.first_mut()
}

fn part(share: f64, of: u64) -> Option<u64> {
    Some((share * of as f64) as u64)
}

fn grow(pair: &mut Pair, resource: GrowingResource, level: f64) {
    // From two days to no time.
    let time = secs((1.0 - level) * 48.0 * 3600.0);
    let growth = pair.now.signals.growth.get_or_insert_default();
    growth.retain(|it| it.resource != resource);
    growth.push(Growth::new(resource, 100.0, 0.95, time));
}

fn forget_growth(pair: &mut Pair) {
    pair.now.signals.growth = None;
}

pub(crate) const ALL: &[Input] = &[
    Input {
        id: "cpu.saturated",
        set: |pair, level| now(pair).cgroup.pressure.cpu = pressure(10.0 * level, 0.0),
        forget: |pair| {
            now(pair).cgroup.pressure.cpu = Default::default();
            now(pair).host.pressure.cpu = Default::default();
            now(pair).host.runnable = None;
        },
    },
    Input {
        id: "cpu.throttled",
        set: |pair, level| {
            now(pair).cgroup.throttled_periods = part(level, 100);
            // It is only harmful with this.
            now(pair).runtime.lag_p99 = Some(secs(0.2));
        },
        forget: |pair| now(pair).cgroup.throttled_periods = None,
    },
    Input {
        id: "cpu.stolen",
        set: |pair, level| {
            now(pair).host.cpu = cpu_times(3.0, 1.0, 36.0 * (1.0 - level), 36.0 * level);
        },
        forget: |pair| now(pair).host.cpu.steal = None,
    },
    Input {
        id: "cpu.full",
        set: |pair, level| now(pair).cgroup.cpu_time = Some(secs(20.0 * level)),
        forget: |pair| now(pair).cgroup.cpu_time = None,
    },
    Input {
        id: "cpu.in_kernel",
        set: |pair, level| {
            now(pair).process.user_time = Some(secs(18.0 * (1.0 - level)));
            now(pair).process.system_time = Some(secs(18.0 * level));
        },
        forget: |pair| now(pair).process.system_time = None,
    },
    Input {
        id: "cpu.one_worker",
        set: |pair, level| now(pair).runtime.busy = Some(vec![secs(10.0 * level), secs(0.1)]),
        forget: |pair| now(pair).runtime.busy = None,
    },
    Input {
        id: "runtime.blocked",
        set: |pair, level| {
            now(pair).process.user_time = Some(secs(0.1));
            now(pair).process.system_time = Some(secs(0.0));
            now(pair).process.run_delay = Some(secs(0.01));
            now(pair).runtime.busy = Some(vec![secs(10.0 * level), secs(10.0 * level)]);
        },
        forget: |pair| now(pair).runtime.busy = None,
    },
    Input {
        id: "runtime.contended",
        set: |pair, level| {
            now(pair).process.user_time = Some(secs(2.0));
            now(pair).process.system_time = Some(secs(0.0));
            now(pair).runtime.busy = Some(vec![secs(9.0), secs(9.0)]);
            now(pair).process.run_delay = Some(secs(18.0 * level));
        },
        forget: |pair| now(pair).process.run_delay = None,
    },
    Input {
        id: "runtime.long_polls",
        set: |pair, level| {
            for route in now(pair).service.routes.iter_mut().flatten() {
                route.slow_polls = part(level, 100);
            }
        },
        forget: |pair| now(pair).service.routes = None,
    },
    Input {
        id: "runtime.lag",
        set: |pair, level| now(pair).runtime.lag_p99 = Some(secs(0.3 * level)),
        forget: |pair| now(pair).runtime.lag_p99 = None,
    },
    Input {
        id: "runtime.queue",
        set: |pair, level| now(pair).runtime.global_queue = part(level, 5000),
        forget: |pair| now(pair).runtime.global_queue = None,
    },
    Input {
        id: "runtime.task_growth",
        set: |pair, level| {
            if level > 0.5 {
                grow(pair, GrowingResource::Tasks, level);
            }
        },
        forget: forget_growth,
    },
    Input {
        id: "disk.saturated",
        set: |pair, level| now(pair).cgroup.pressure.io = pressure(10.0 * level, 0.0),
        forget: |pair| {
            now(pair).cgroup.pressure.io = Default::default();
            now(pair).host.pressure.io = Default::default();
            now(pair).host.disks = None;
        },
    },
    Input {
        id: "disk.slow",
        set: |pair, level| {
            now(pair).host.pressure.io = pressure(5.0, 0.0);
            if let Some(disk) = disk(pair) {
                disk.busy = Some(secs(9.0));
                disk.weighted = Some(secs(40.0));
                disk.writes = Some(100);
                disk.write_time = Some(secs(20.0 * level));
            }
        },
        // No pressure clears it too.
        forget: |pair| {
            now(pair).host.disks = None;
            now(pair).host.pressure.io = Default::default();
        },
    },
    Input {
        id: "disk.stuck_tasks",
        set: |pair, level| {
            now(pair).host.cpu = cpu_times(3.0, 1.0, 36.0, 0.0);
            now(pair).host.blocked = part(level, 40);
        },
        forget: |pair| now(pair).host.blocked = None,
    },
    Input {
        id: "disk.full",
        set: |pair, level| {
            for it in now(pair).host.filesystems.iter_mut().flatten() {
                it.available = part(1.0 - level, 1000);
                it.free = it.available;
            }
        },
        forget: |pair| now(pair).host.filesystems = None,
    },
    Input {
        id: "disk.inodes",
        set: |pair, level| {
            for it in now(pair).host.filesystems.iter_mut().flatten() {
                it.inodes_available = part(1.0 - level, 1000);
            }
        },
        forget: |pair| now(pair).host.filesystems = None,
    },
    Input {
        id: "disk.growth",
        set: |pair, level| grow(pair, GrowingResource::Filesystem("/data".into()), level),
        forget: forget_growth,
    },
    Input {
        id: "memory.limit",
        set: |pair, level| {
            now(pair).cgroup.inactive_file = Some(0);
            now(pair).cgroup.memory_usage = part(level, 1 << 30);
        },
        forget: |pair| now(pair).cgroup.memory_usage = None,
    },
    Input {
        id: "memory.pressure",
        set: |pair, level| now(pair).cgroup.pressure.memory = pressure(10.0, 10.0 * level),
        forget: |pair| {
            now(pair).cgroup.pressure.memory = Default::default();
            now(pair).host.pressure.memory = Default::default();
        },
    },
    Input {
        id: "memory.page_faults",
        set: |pair, level| now(pair).host.paging.major_faults = part(level, 100_000),
        forget: |pair| now(pair).host.paging.major_faults = None,
    },
    Input {
        id: "memory.swapping",
        set: |pair, level| now(pair).host.paging.swapped_out = part(level, 100_000),
        forget: |pair| now(pair).host.paging.swapped_out = None,
    },
    Input {
        id: "memory.out_of_memory",
        set: |pair, level| now(pair).cgroup.memory_events.oom_kills = part(level, 5),
        forget: |pair| {
            now(pair).cgroup.memory_events = Default::default();
            now(pair).host.paging.oom_kills = None;
        },
    },
    Input {
        id: "memory.growth",
        set: |pair, level| grow(pair, GrowingResource::Memory, level),
        forget: forget_growth,
    },
    Input {
        id: "files.limit",
        set: |pair, level| now(pair).process.open_files = part(level, 1024),
        forget: |pair| now(pair).process.open_files_limit = None,
    },
    Input {
        id: "files.growth",
        set: |pair, level| grow(pair, GrowingResource::OpenFiles, level),
        forget: forget_growth,
    },
    Input {
        id: "tasks.limit",
        set: |pair, level| now(pair).cgroup.tasks = part(level, 1000),
        forget: |pair| {
            now(pair).cgroup.tasks = None;
            now(pair).cgroup.tasks_limit = None::<Limit<u64>>;
        },
    },
    Input {
        id: "network.retransmits",
        set: |pair, level| now(pair).network.tcp.segments_retransmitted = part(level, 20_000),
        forget: |pair| now(pair).network.tcp.segments_retransmitted = None,
    },
    Input {
        id: "network.errors",
        set: |pair, level| {
            for interface in now(pair).network.interfaces.iter_mut().flatten() {
                interface.received.errors = part(level, 20_000);
            }
        },
        forget: |pair| now(pair).network.interfaces = None,
    },
    Input {
        id: "network.accept_queue",
        set: |pair, level| now(pair).network.tcp.listen_overflows = part(level, 1000),
        forget: |pair| {
            now(pair).network.tcp.listen_overflows = None;
            now(pair).network.tcp.listen_drops = None;
        },
    },
    Input {
        id: "network.time_wait",
        set: |pair, level| now(pair).network.sockets.tcp_time_wait = part(level, 28_232),
        forget: |pair| now(pair).network.sockets.tcp_time_wait = None,
    },
    Input {
        id: "network.no_ports",
        set: |pair, level| {
            if let Some(dependency) = dependency(pair) {
                dependency.address_not_available = part(level, 10);
            }
        },
        forget: |pair| now(pair).service.dependencies = None,
    },
    Input {
        id: "network.tracking",
        set: |pair, level| now(pair).network.tracked_connections = part(level, 100_000),
        forget: |pair| now(pair).network.tracked_connections = None,
    },
    Input {
        id: "dependency.slow",
        set: |pair, level| {
            if let Some(dependency) = dependency(pair) {
                dependency.p99 = Some(secs(5.0 * level));
            }
        },
        forget: |pair| now(pair).service.dependencies = None,
    },
    Input {
        id: "dependency.failing",
        set: |pair, level| {
            if let Some(dependency) = dependency(pair) {
                dependency.errors = part(level, 1000);
            }
        },
        forget: |pair| now(pair).service.dependencies = None,
    },
    Input {
        id: "dependency.connecting",
        set: |pair, level| {
            if let Some(dependency) = dependency(pair) {
                dependency.connect = Some(secs(20.0 * level));
            }
        },
        forget: |pair| now(pair).service.dependencies = None,
    },
    Input {
        id: "pool.exhausted",
        set: |pair, level| {
            for pool in now(pair).service.pools.iter_mut().flatten() {
                pool.in_use = pool.size;
                pool.wait_p99 = Some(secs(2.0 * level));
            }
        },
        forget: |pair| now(pair).service.pools = None,
    },
    Input {
        id: "breaker.open",
        set: |pair, level| {
            let open = (0..(3.0 * level) as usize).map(|_| "payments".into());
            pair.now.signals.open_breakers = Some(open.collect());
        },
        forget: |pair| pair.now.signals.open_breakers = None,
    },
    Input {
        id: "sign_in.brute_force",
        set: |pair, level| {
            let sign_ins = pair.now.signals.sign_ins.get_or_insert_default();
            sign_ins.max_account_failures = (200.0 * level) as u64;
        },
        forget: |pair| pair.now.signals.sign_ins = None,
    },
    Input {
        id: "path.elsewhere",
        set: |pair, level| {
            for route in now(pair).service.routes.iter_mut().flatten() {
                route.p99 = Some(secs(10.0 * level));
            }
        },
        forget: |pair| now(pair).service.routes = None,
    },
];

#[test]
fn every_finding_has_an_input() {
    for kind in gusset_diagnose::kinds() {
        assert!(ALL.iter().any(|input| input.id == kind.id), "{}", kind.id);
    }
    assert_eq!(ALL.len(), gusset_diagnose::kinds().count());
}
