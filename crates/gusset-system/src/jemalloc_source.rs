//! Reads the figures of jemalloc.

use std::fmt;

use tikv_jemalloc_ctl::{epoch, epoch_mib, stats};

use crate::{Allocator, Snapshot, Source};

/// Reads how much memory jemalloc has allocated, and how much it holds, for services that use it as their global
/// allocator (`tikv-jemallocator`).
///
/// With another allocator the figures are those of a jemalloc that nothing uses, so add it only then. Memory that
/// grows in `allocated` is a leak of the service; memory that grows in `resident` alone is fragmentation.
///
/// A reading costs some 10 µs, because jemalloc adds up its arenas.
///
/// ```
/// use gusset_system::{JemallocSource, SystemSampler};
///
/// # fn main() -> Result<(), gusset_system::ConfigError> {
/// let sampler = SystemSampler::builder().source(JemallocSource::new()).start()?;
/// assert!(sampler.latest().now.allocator.allocated.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct JemallocSource {
    /// The places of the figures, which are looked up by name once. `None` if jemalloc was built without them.
    figures: Option<Figures>,
}

struct Figures {
    epoch: epoch_mib,
    allocated: stats::allocated_mib,
    active: stats::active_mib,
    resident: stats::resident_mib,
    mapped: stats::mapped_mib,
}

// === impl JemallocSource ===

impl JemallocSource {
    /// Creates a source.
    pub fn new() -> Self {
        let figures = || {
            Some(Figures {
                epoch: epoch::mib().ok()?,
                allocated: stats::allocated::mib().ok()?,
                active: stats::active::mib().ok()?,
                resident: stats::resident::mib().ok()?,
                mapped: stats::mapped::mib().ok()?,
            })
        };
        Self { figures: figures() }
    }
}

impl Source for JemallocSource {
    fn read(&mut self, snapshot: &mut Snapshot) {
        let allocator = self.figures.as_ref().and_then(Figures::read);
        snapshot.allocator = allocator.unwrap_or_default();
    }
}

impl fmt::Debug for JemallocSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JemallocSource").finish_non_exhaustive()
    }
}

// === impl Figures ===

impl Figures {
    fn read(&self) -> Option<Allocator> {
        // Until then jemalloc returns the figures of before.
        self.epoch.advance().ok()?;
        let bytes = |bytes: tikv_jemalloc_ctl::Result<usize>| bytes.ok().map(|it| it as u64);
        Some(Allocator {
            allocated: bytes(self.allocated.read()),
            active: bytes(self.active.read()),
            resident: bytes(self.resident.read()),
            mapped: bytes(self.mapped.read()),
        })
    }
}
