//! Pressure stall information (PSI).

use std::time::Duration;

/// How long tasks waited for each resource. Source: the kernel's `Documentation/accounting/psi.rst`.
///
/// Unknown if the kernel has no PSI, or if it is off (`psi=0`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Pressures {
    /// Waiting for a CPU.
    pub cpu: Pressure,
    /// Waiting for memory: reclaim, refaults, swap.
    pub memory: Pressure,
    /// Waiting for block devices.
    pub io: Pressure,
}

/// How long tasks waited for one resource.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Pressure {
    /// At least one task waited.
    pub some: Option<Stall>,
    /// All tasks waited. Of the CPU only in cgroups; on the host the kernel reports 0.
    pub full: Option<Stall>,
}

/// A share of time in which tasks waited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stall {
    /// The share of the last 10 s, from 0 to 1.
    pub avg10: f64,
    /// The share of the last 60 s, from 0 to 1.
    pub avg60: f64,
    /// The share of the last 300 s, from 0 to 1.
    pub avg300: f64,
    /// The time since the start of the host or of the cgroup.
    pub total: Duration,
}
