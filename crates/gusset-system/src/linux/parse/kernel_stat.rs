//! `/proc/stat`: CPU time of the host in clock ticks, and its tasks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Ticks;
use super::text::{fields, lines, number};
use crate::CpuTimes;

/// What the file has.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct KernelStat {
    pub(crate) cpu: CpuTimes,
    pub(crate) cpus: Option<u32>,
    pub(crate) runnable: Option<u64>,
    pub(crate) blocked: Option<u64>,
    pub(crate) boot_time: Option<SystemTime>,
}

pub(crate) fn parse(text: &[u8], ticks: Ticks) -> KernelStat {
    let mut stat = KernelStat::default();
    let mut cpus = 0_u32;
    for line in lines(text) {
        let mut fields = fields(line);
        let Some(key) = fields.next() else { continue };
        let mut next = || fields.next().and_then(number);
        match key {
            b"cpu" => {
                let mut time = || next().and_then(|steps| ticks.time(steps));
                stat.cpu = CpuTimes {
                    user: time(),
                    nice: time(),
                    system: time(),
                    idle: time(),
                    iowait: time(),
                    irq: time(),
                    softirq: time(),
                    steal: time(),
                };
            }
            // The line of interrupts is long on large hosts, and its numbers are skipped.
            b"btime" => {
                let seconds = next().map(Duration::from_secs);
                stat.boot_time = seconds.and_then(|since| UNIX_EPOCH.checked_add(since));
            }
            b"procs_running" => stat.runnable = next(),
            b"procs_blocked" => stat.blocked = next(),
            _ => {
                // Offline CPUs have no line.
                let index = key.strip_prefix(b"cpu");
                cpus += u32::from(index.and_then(number).is_some());
            }
        }
    }
    stat.cpus = (cpus > 0).then_some(cpus);
    stat
}
