//! Readings of a healthy service.

use std::time::Duration;

use gusset_diagnose::{Diagnosis, Reading, SignInCounts, Signals, Thresholds, diagnose};
use gusset_system::{
    CgroupVersion, CpuTimes, Dependency, Disk, Filesystem, Interface, Limit, LoadAverage, Pool,
    PortRange, Pressure, Route, Snapshot, Stall,
};

/// The time between the two readings.
pub(crate) const SECONDS: u64 = 10;

/// Two readings, of which tests make one input worse.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) previous: Reading,
    pub(crate) now: Reading,
}

impl Pair {
    /// Returns two readings in which everything is known, and nothing is wrong.
    pub(crate) fn healthy() -> Self {
        let previous = reading(0);
        let mut now = reading(SECONDS);
        advance(&mut now.snapshot);
        Self { previous, now }
    }

    pub(crate) fn diagnose(&self) -> Diagnosis {
        diagnose(&self.previous, &self.now, &Thresholds::default())
    }

    /// Returns the diagnosis after the current snapshot was changed.
    pub(crate) fn with(change: impl FnOnce(&mut Snapshot)) -> Diagnosis {
        let mut pair = Self::healthy();
        change(&mut pair.now.snapshot);
        pair.diagnose()
    }
}

pub(crate) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Returns PSI with this time in which some tasks waited, and all.
pub(crate) fn pressure(some: f64, full: f64) -> Pressure {
    let stall = |total: f64| {
        let mut stall = Stall::default();
        stall.total = secs(total);
        Some(stall)
    };
    let mut pressure = Pressure::default();
    pressure.some = stall(some);
    pressure.full = stall(full);
    pressure
}

fn reading(time: u64) -> Reading {
    let mut signals = Signals::default();
    signals.open_breakers = Some(Vec::new());
    signals.growth = Some(Vec::new());
    signals.sign_ins = Some(SignInCounts::default());
    signals.usual_dependency_p99 = Some(Vec::new());
    Reading::new(snapshot(time), signals)
}

fn snapshot(time: u64) -> Snapshot {
    let mut it = Snapshot::default();
    it.time = Duration::from_secs(time);

    it.host.cpus = Some(4);
    let mut load = LoadAverage::default();
    load.one = 0.8;
    it.host.load = Some(load);
    it.host.runnable = Some(1);
    it.host.blocked = Some(0);
    it.host.cpu = cpu_times(0.0, 0.0, 0.0, 0.0);
    it.host.memory.total = Some(8 << 30);
    it.host.memory.available = Some(6 << 30);
    it.host.paging.major_faults = Some(0);
    it.host.paging.swapped_in = Some(0);
    it.host.paging.swapped_out = Some(0);
    it.host.paging.oom_kills = Some(0);
    it.host.pressure.cpu = pressure(0.0, 0.0);
    it.host.pressure.memory = pressure(0.0, 0.0);
    it.host.pressure.io = pressure(0.0, 0.0);
    it.host.disks = Some(vec![disk()]);
    it.host.filesystems = Some(vec![filesystem()]);

    it.cgroup.version = Some(CgroupVersion::V2);
    it.cgroup.cpu_limit = Some(Limit::Finite(2.0));
    it.cgroup.cpu_time = Some(Duration::ZERO);
    it.cgroup.periods = Some(0);
    it.cgroup.throttled_periods = Some(0);
    it.cgroup.memory_usage = Some(300 << 20);
    it.cgroup.inactive_file = Some(100 << 20);
    it.cgroup.memory_limit = Some(Limit::Finite(1 << 30));
    it.cgroup.memory_events.oom = Some(0);
    it.cgroup.memory_events.oom_kills = Some(0);
    it.cgroup.tasks = Some(20);
    it.cgroup.tasks_limit = Some(Limit::Finite(1000));
    it.cgroup.pressure.cpu = pressure(0.0, 0.0);
    it.cgroup.pressure.memory = pressure(0.0, 0.0);
    it.cgroup.pressure.io = pressure(0.0, 0.0);

    it.network.interfaces = Some(vec![interface()]);
    it.network.sockets.tcp_time_wait = Some(100);
    it.network.port_range = PortRange::new(32768, 60999);
    it.network.tcp.segments_sent = Some(0);
    it.network.tcp.segments_retransmitted = Some(0);
    it.network.tcp.listen_overflows = Some(0);
    it.network.tcp.listen_drops = Some(0);
    it.network.tracked_connections = Some(1000);
    it.network.tracked_connections_limit = Some(100_000);

    it.process.user_time = Some(Duration::ZERO);
    it.process.system_time = Some(Duration::ZERO);
    it.process.run_delay = Some(Duration::ZERO);
    it.process.open_files = Some(50);
    it.process.open_files_limit = Some(1024);

    it.runtime.workers = Some(2);
    it.runtime.busy = Some(vec![Duration::ZERO; 2]);
    it.runtime.alive_tasks = Some(30);
    it.runtime.global_queue = Some(0);
    it.runtime.lag_p99 = Some(secs(0.001));

    it.service.routes = Some(vec![route()]);
    it.service.dependencies = Some(vec![dependency()]);
    it.service.pools = Some(vec![pool()]);
    it
}

/// Adds what a service with some traffic adds in ten seconds.
fn advance(it: &mut Snapshot) {
    it.host.cpu = cpu_times(3.0, 1.0, 36.0, 0.0);
    it.cgroup.cpu_time = Some(secs(3.0));
    it.cgroup.periods = Some(100);
    it.network.tcp.segments_sent = Some(20_000);
    it.network.tcp.segments_retransmitted = Some(10);
    it.process.user_time = Some(secs(2.0));
    it.process.system_time = Some(secs(0.5));
    it.process.run_delay = Some(secs(0.05));
    it.runtime.busy = Some(vec![secs(1.5), secs(1.2)]);
    for route in it.service.routes.iter_mut().flatten() {
        route.calls = Some(1000);
        route.errors = Some(0);
        route.polled = Some(secs(2.5));
        route.scheduled = Some(secs(0.1));
        route.waiting = Some(secs(30.0));
        route.p99 = Some(secs(0.08));
    }
    for dependency in it.service.dependencies.iter_mut().flatten() {
        dependency.calls = Some(1000);
        dependency.duration = Some(secs(20.0));
    }
    for interface in it.network.interfaces.iter_mut().flatten() {
        interface.received.packets = Some(20_000);
        interface.sent.packets = Some(20_000);
    }
}

/// Returns times of the four CPUs: user, system, idle and steal, in seconds.
pub(crate) fn cpu_times(user: f64, system: f64, idle: f64, steal: f64) -> CpuTimes {
    let mut times = CpuTimes::default();
    times.user = Some(secs(user));
    times.system = Some(secs(system));
    times.idle = Some(secs(idle));
    times.steal = Some(secs(steal));
    times.iowait = Some(Duration::ZERO);
    times
}

fn disk() -> Disk {
    let mut disk = Disk::default();
    disk.name = "vda".into();
    disk.reads = Some(0);
    disk.writes = Some(0);
    for time in [
        &mut disk.read_time,
        &mut disk.write_time,
        &mut disk.busy,
        &mut disk.weighted,
    ] {
        *time = Some(Duration::ZERO);
    }
    disk
}

fn filesystem() -> Filesystem {
    let mut filesystem = Filesystem::default();
    filesystem.mountpoint = "/data".into();
    filesystem.size = Some(1000);
    filesystem.free = Some(500);
    filesystem.available = Some(500);
    filesystem.inodes = Some(1000);
    filesystem.inodes_available = Some(900);
    filesystem
}

fn interface() -> Interface {
    let mut interface = Interface::default();
    interface.name = "eth0".into();
    for traffic in [&mut interface.received, &mut interface.sent] {
        traffic.packets = Some(0);
        traffic.errors = Some(0);
    }
    interface
}

fn route() -> Route {
    let mut route = Route::default();
    route.name = "/orders".into();
    route.calls = Some(0);
    route.errors = Some(0);
    for time in [&mut route.polled, &mut route.scheduled, &mut route.waiting] {
        *time = Some(Duration::ZERO);
    }
    route.slow_polls = Some(0);
    route
}

fn dependency() -> Dependency {
    let mut dependency = Dependency::default();
    dependency.name = "payments".into();
    dependency.calls = Some(0);
    dependency.errors = Some(0);
    dependency.address_not_available = Some(0);
    for time in [
        &mut dependency.duration,
        &mut dependency.dns,
        &mut dependency.connect,
        &mut dependency.tls,
    ] {
        *time = Some(Duration::ZERO);
    }
    dependency.p99 = Some(secs(0.02));
    dependency
}

fn pool() -> Pool {
    let mut pool = Pool::default();
    pool.name = "database".into();
    pool.size = Some(10);
    pool.in_use = Some(3);
    pool.waiting = Some(0);
    pool.wait_p99 = Some(secs(0.0001));
    pool
}

/// Returns whether something was found, listed or not.
pub(crate) fn is_found(diagnosis: &Diagnosis, id: &str) -> bool {
    let others = diagnosis.cleared.iter().chain(&diagnosis.unknown);
    others.into_iter().all(|kind| kind.id != id)
}

/// Returns the ids of the listed findings.
pub(crate) fn ids(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.findings.iter().map(|it| it.kind.id).collect()
}
