//! The memory of the host.

/// The memory and swap space of the host, in bytes. Source: `/proc/meminfo`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HostMemory {
    /// All memory (`MemTotal`).
    pub total: Option<u64>,
    /// What programs can get without swapping (`MemAvailable`). Since Linux 3.14.
    pub available: Option<u64>,
    /// What nothing uses (`MemFree`).
    pub free: Option<u64>,
    /// Buffers of block devices (`Buffers`).
    pub buffers: Option<u64>,
    /// The page cache (`Cached`), which also has shared memory.
    pub cached: Option<u64>,
    /// All swap space (`SwapTotal`).
    pub swap_total: Option<u64>,
    /// Unused swap space (`SwapFree`).
    pub swap_free: Option<u64>,
}

// === impl HostMemory ===

impl HostMemory {
    /// Returns what programs cannot get any more: all memory without the available.
    pub fn used(&self) -> Option<u64> {
        Some(self.total?.saturating_sub(self.available?))
    }
}
