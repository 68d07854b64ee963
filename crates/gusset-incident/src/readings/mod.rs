//! Readings of the process and its host, as small as a report needs them.

mod line;

use gusset_system::{Interval, Pressure, Snapshot};
use serde::{Deserialize, Serialize};

/// The readings of one moment: what explains why a service is slow or has ended.
///
/// They are made of a snapshot of gusset-system and the one before. `None` is unknown, and not zero. A share is from 0 to 1;
/// memory is in bytes.
///
/// ```
/// use gusset_incident::Readings;
/// use gusset_system::Snapshot;
///
/// let (previous, mut now) = (Snapshot::default(), Snapshot::default());
/// now.process.resident = Some(4096);
/// let readings = Readings::new(&previous, &now);
/// assert_eq!(readings.resident, Some(4096));
/// assert_eq!(readings.cpu, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Readings {
    /// The CPUs that the process used since the snapshot before.
    pub cpu: Option<f64>,
    /// The CPUs that it may use.
    pub cpus: Option<f64>,
    /// The load average of the last minute.
    pub load: Option<f64>,
    /// The share of periods in which the cgroup was throttled.
    pub throttled: Option<f64>,
    /// The memory that counts against the limit.
    pub memory: Option<u64>,
    /// The limit of memory: that of the cgroup or of the host.
    pub memory_limit: Option<u64>,
    /// The resident memory of the process.
    pub resident: Option<u64>,
    /// The share of the last 10 s in which tasks waited for a CPU.
    pub cpu_pressure: Option<f64>,
    /// The share of the last 10 s in which all tasks waited for memory.
    pub memory_pressure: Option<f64>,
    /// The share of the last 10 s in which tasks waited for a disk.
    pub io_pressure: Option<f64>,
    /// The open file descriptors.
    pub open_files: Option<u64>,
    /// Their limit.
    pub open_files_limit: Option<u64>,
    /// The threads.
    pub threads: Option<u64>,
    /// The tasks of the runtime.
    pub tasks: Option<u64>,
    /// The share of the time in which the workers of the runtime were busy.
    pub busy: Option<f64>,
    /// The calls in flight.
    pub in_flight: Option<u64>,
    /// The processes of the cgroup that the kernel killed for want of memory, since it exists.
    pub cgroup_oom_kills: Option<u64>,
    /// Those of the host, since its start.
    pub host_oom_kills: Option<u64>,
}

// === impl Readings ===

impl Readings {
    /// Reads two snapshots of one reader. Differences are unknown if they are less than a second apart.
    pub fn new(previous: &Snapshot, now: &Snapshot) -> Self {
        let interval = Interval::between(previous, now);
        let cgroup = &now.cgroup;
        // The cgroup's own, where the kernel has it.
        let pressure = |cgroup: &Pressure, host: &Pressure, is_full: bool| {
            let stall = |it: &Pressure| if is_full { it.full } else { it.some };
            let stall = stall(cgroup).or_else(|| stall(host));
            stall.map(|stall| stall.avg10 / 100.0)
        };
        let (of_cgroup, of_host) = (&cgroup.pressure, &now.host.pressure);
        Self {
            cpu: interval
                .and_then(|it| it.share(previous.process.cpu_time(), now.process.cpu_time())),
            cpus: now.effective_cpus(),
            load: now.host.load.map(|load| load.one),
            throttled: interval.and_then(|it| {
                let periods = it.rate(previous.cgroup.periods, cgroup.periods)?;
                let throttled =
                    it.rate(previous.cgroup.throttled_periods, cgroup.throttled_periods)?;
                (periods > 0.0).then_some(throttled / periods)
            }),
            memory: now.memory_used(),
            memory_limit: now.effective_memory(),
            resident: now.process.resident,
            cpu_pressure: pressure(&of_cgroup.cpu, &of_host.cpu, false),
            memory_pressure: pressure(&of_cgroup.memory, &of_host.memory, true),
            io_pressure: pressure(&of_cgroup.io, &of_host.io, false),
            open_files: now.process.open_files,
            open_files_limit: now.process.open_files_limit,
            threads: now.process.threads,
            tasks: now.runtime.alive_tasks,
            busy: interval.and_then(|it| {
                let busy = it.share(previous.runtime.total_busy(), now.runtime.total_busy())?;
                #[expect(clippy::cast_precision_loss, reason = "there are few workers")]
                let workers = now.runtime.workers.filter(|it| *it > 0)? as f64;
                Some(busy / workers)
            }),
            in_flight: now.service.in_flight,
            cgroup_oom_kills: cgroup.memory_events.oom_kills,
            host_oom_kills: now.host.paging.oom_kills,
        }
    }

    /// Returns the part of the memory limit that is used.
    #[expect(clippy::cast_precision_loss, reason = "a share is not exact")]
    pub fn memory_share(&self) -> Option<f64> {
        let limit = self.memory_limit.filter(|limit| *limit > 0)?;
        Some(self.memory? as f64 / limit as f64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gusset_system::{Limit, Stall};

    use super::*;

    fn pair() -> (Snapshot, Snapshot) {
        let mut now = Snapshot::default();
        now.time = Duration::from_secs(10);
        (Snapshot::default(), now)
    }

    #[test]
    fn differences_are_per_interval() {
        let (mut previous, mut now) = pair();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        (previous.process.combined_time, now.process.combined_time) = (seconds(1), seconds(16));
        (previous.cgroup.periods, now.cgroup.periods) = (Some(100), Some(200));
        (
            previous.cgroup.throttled_periods,
            now.cgroup.throttled_periods,
        ) = (Some(5), Some(30));
        (previous.runtime.busy, now.runtime.busy) = (
            Some(vec![Duration::ZERO; 2]),
            Some(vec![Duration::from_secs(4); 2]),
        );
        now.runtime.workers = Some(2);
        let readings = Readings::new(&previous, &now);
        assert_eq!((readings.cpu, readings.busy), (Some(1.5), Some(0.4)));
        assert_eq!(readings.throttled, Some(0.25));
    }

    #[test]
    fn pressure_of_the_cgroup_comes_first() {
        let (previous, mut now) = pair();
        let stall = |avg10| {
            let mut stall = Stall::default();
            stall.avg10 = avg10;
            Some(stall)
        };
        now.host.pressure.cpu.some = stall(80.0);
        now.host.pressure.io.some = stall(50.0);
        now.cgroup.pressure.cpu.some = stall(20.0);
        let readings = Readings::new(&previous, &now);
        assert_eq!(
            (readings.cpu_pressure, readings.io_pressure),
            (Some(0.2), Some(0.5))
        );
        assert_eq!(readings.memory_pressure, None);
    }

    #[test]
    fn unlimited_memory_is_that_of_the_host() {
        let (previous, mut now) = pair();
        now.host.memory.total = Some(1000);
        now.host.memory.available = Some(250);
        now.cgroup.memory_limit = Some(Limit::Unlimited);
        assert_eq!(Readings::new(&previous, &now).memory_share(), Some(0.75));
        assert_eq!(Readings::default().memory_share(), None);
    }
}
