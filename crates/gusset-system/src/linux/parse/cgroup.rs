//! The files of a cgroup, version 1 and 2.

use std::time::Duration;

use super::text::{fields, lines, number, value};
use crate::{Cgroup, Limit, MemoryEvents};

/// Version 1 has no word for "no limit": the greatest number of pages, which depends on the page size.
const UNLIMITED_V1: u64 = 1 << 62;

/// Parses `cpu.max`: `150000 100000`, or `max 100000`. Returns CPUs.
pub(crate) fn cpu_max(text: &[u8]) -> Option<Limit<f64>> {
    let mut fields = fields(text);
    let quota = fields.next()?;
    let period = number(fields.next()?)?;
    match quota {
        b"max" => Some(Limit::Unlimited),
        quota => cpus(number(quota)?, period),
    }
}

/// Parses `cpu.cfs_quota_us`: `-1` for no limit. `period` is `cpu.cfs_period_us`.
pub(crate) fn cfs_quota(quota: &[u8], period: u64) -> Option<Limit<f64>> {
    match quota.trim_ascii() {
        b"-1" => Some(Limit::Unlimited),
        quota => cpus(number(quota)?, period),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a period are few"
)]
fn cpus(quota: u64, period: u64) -> Option<Limit<f64>> {
    (period > 0).then(|| Limit::Finite(quota as f64 / period as f64))
}

/// Parses a limit of bytes or tasks: a number, or `max`.
pub(crate) fn limit(text: &[u8]) -> Option<Limit<u64>> {
    match text.trim_ascii() {
        b"max" => Some(Limit::Unlimited),
        text => match number(text)? {
            UNLIMITED_V1.. => Some(Limit::Unlimited),
            limit => Some(Limit::Finite(limit)),
        },
    }
}

/// Parses `cpu.stat` of both versions. Without the CPU controller, version 2 has only the time used.
pub(crate) fn cpu_stat(text: &[u8], cgroup: &mut Cgroup) {
    for (key, value) in pairs(text) {
        match key {
            b"usage_usec" => cgroup.cpu_time = value.map(Duration::from_micros),
            b"nr_periods" => cgroup.periods = value,
            b"nr_throttled" => cgroup.throttled_periods = value,
            b"throttled_usec" => cgroup.throttled_time = value.map(Duration::from_micros),
            // Version 1, in nanoseconds.
            b"throttled_time" => cgroup.throttled_time = value.map(Duration::from_nanos),
            _ => {}
        }
    }
}

/// Parses `cpuacct.usage`.
pub(crate) fn cpuacct_usage(text: &[u8]) -> Option<Duration> {
    number(text.trim_ascii()).map(Duration::from_nanos)
}

/// Parses `memory.stat` of version 2. Returns the page cache that was not used lately.
pub(crate) fn inactive_file(text: &[u8]) -> Option<u64> {
    value(text, b"inactive_file")
}

/// Parses `memory.stat` of version 1, where the sums with child cgroups have a prefix.
pub(crate) fn inactive_file_v1(text: &[u8]) -> Option<u64> {
    value(text, b"total_inactive_file")
}

/// Parses `memory.events`.
pub(crate) fn memory_events(text: &[u8]) -> MemoryEvents {
    let mut events = MemoryEvents::default();
    for (key, value) in pairs(text) {
        match key {
            b"high" => events.high = value,
            b"max" => events.max = value,
            b"oom" => events.oom = value,
            b"oom_kill" => events.oom_kills = value,
            _ => {}
        }
    }
    events
}

/// Parses `memory.oom_control` of version 1. Since Linux 4.13 it has the processes that were killed.
pub(crate) fn oom_control(text: &[u8]) -> Option<u64> {
    value(text, b"oom_kill")
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], Option<u64>)> {
    lines(text).filter_map(|line| {
        let mut fields = fields(line);
        Some((fields.next()?, fields.next().and_then(number)))
    })
}
