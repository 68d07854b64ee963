//! Parsers of the kernel's files: from bytes to parts of a snapshot, without I/O.
//!
//! They never fail and never panic: a value that is missing, out of range or not a number is `None`. A file of
//! a later kernel has more lines and more fields, which are skipped.

pub(super) mod cgroup;
pub(super) mod cgroup_path;
pub(super) mod diskstats;
pub(super) mod kernel_stat;
pub(super) mod loadavg;
pub(super) mod meminfo;
pub(super) mod mountinfo;
pub(super) mod net_dev;
pub(super) mod pressure;
pub(super) mod process_io;
pub(super) mod process_stat;
pub(super) mod schedstat;
pub(super) mod session;
pub(super) mod snmp;
pub(super) mod sockstat;
pub(super) mod sysctl;
mod text;
pub(super) mod utmp;
pub(super) mod vmstat;

use std::time::Duration;

/// The steps of a clock per second in which the kernel counts CPU time (`USER_HZ`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks(pub(super) u64);

// === impl Ticks ===

impl Ticks {
    /// Returns the time of a number of steps. `None` if the kernel has no steps.
    fn time(self, steps: u64) -> Option<Duration> {
        let Self(per_second) = self;
        let seconds = steps.checked_div(per_second)?;
        let rest = u128::from(steps % per_second) * 1_000_000_000 / u128::from(per_second);
        // Less than a second.
        Some(Duration::new(seconds, rest as u32))
    }
}

#[cfg(test)]
mod tests;
