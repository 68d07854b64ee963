//! Memory.

use super::{Detect, Moment};

/// Detects that the memory is nearly full, or that all tasks wait for it (pressure stall information).
#[derive(Clone, Debug)]
pub struct MemoryPressure {
    used: f64,
    stalled: f64,
}

/// Detects that the kernel has killed a process of the cgroup for want of memory.
///
/// It may have been another process of the container: if it was this one, the next start reports it.
#[derive(Clone, Debug, Default)]
pub struct OutOfMemory {
    kills: Option<u64>,
}

// === impl MemoryPressure ===

impl MemoryPressure {
    /// Detects that more than 95 % of the limit is used, or that all tasks waited for more than 10 % of the last 10 s.
    pub fn new() -> Self {
        Self {
            used: 0.95,
            stalled: 0.1,
        }
    }

    /// Sets the part of the limit, from 0 to 1. Defaults to 0.95.
    #[must_use = "returns the detector with the change"]
    pub fn used(mut self, share: f64) -> Self {
        self.used = share;
        self
    }

    /// Sets the share of the last 10 s in which all tasks waited for memory. Defaults to 0.1.
    #[must_use = "returns the detector with the change"]
    pub fn stalled(mut self, share: f64) -> Self {
        self.stalled = share;
        self
    }
}

impl Default for MemoryPressure {
    fn default() -> Self {
        Self::new()
    }
}

impl Detect for MemoryPressure {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let (_, readings) = moment.readings?;
        let used = readings.memory_share().filter(|it| *it > self.used);
        let stalled = readings.memory_pressure.filter(|it| *it > self.stalled);
        match (used, stalled) {
            (Some(used), _) => Some(format!("{:.1} % of the memory is used", 100.0 * used)),
            (None, Some(stalled)) => Some(format!(
                "all tasks waited for memory in {:.0} % of 10 s",
                100.0 * stalled
            )),
            (None, None) => None,
        }
    }
}

// === impl OutOfMemory ===

impl OutOfMemory {
    /// Detects kills from the first readings on.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Detect for OutOfMemory {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let kills = moment.readings?.1.cgroup_oom_kills?;
        let before = self.kills.replace(kills)?;
        let new = kills.checked_sub(before).filter(|new| *new > 0)?;
        Some(format!(
            "the kernel has killed {new} processes of the cgroup for want of memory"
        ))
    }
}
