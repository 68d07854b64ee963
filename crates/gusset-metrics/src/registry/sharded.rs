//! Numbers that several processors add to at once.
//!
//! Every call of a busy route ends in the same few series, and two processors that write to one cache
//! line take ten times as long. So each number is kept once for each of some groups of threads, as many as there are
//! processors, and the shards are added when the number is read. The price is a read of a thread-local for each
//! record, about fifteen instructions, and eight bytes for each shard.
//!
//! Invariant: the number is the sum of its shards, and every change is one atomic addition to a shard.
//! So no change is lost, also if two threads have the same shard. All operations are relaxed, because
//! no other memory depends on the numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use gusset_core::thread_number;

/// The greatest number of shards; a power of two.
const MAX_SHARDS: usize = 8;

/// The numbers that are adjacent in one shard. They fill pairs of cache lines, because processors prefetch lines in
/// pairs.
const CELLS_PER_SLAB: usize = 64;

/// Memory for [`CELLS_PER_SLAB`] numbers: [`shard_count`] shards.
///
/// The numbers of one shard are adjacent, and the shards are on different cache lines. So a series costs
/// a word for each shard and not a cache line.
#[derive(Debug)]
struct Slab(Box<[Shard]>);

#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; CELLS_PER_SLAB]);

/// One number in shards. Starts at zero. The owner defines the meaning of the bits.
#[derive(Debug)]
pub(super) struct ShardedCell {
    slab: Arc<Slab>,
    /// Below [`CELLS_PER_SLAB`]. A byte, because there is one for each series.
    index: u8,
}

/// Allocates numbers.
#[derive(Debug, Default)]
pub(super) struct SlabAllocator {
    /// The slab with free cells, and the index of the first of them.
    open: Option<(Arc<Slab>, u8)>,
}

// === impl ShardedCell ===

impl ShardedCell {
    /// Returns the shard of this thread.
    #[inline]
    pub(super) fn local(&self) -> &AtomicU64 {
        // The number of shards is a power of two.
        let shards = &self.slab.0;
        let shard = thread_number() & (shards.len() - 1);
        &shards[shard].0[self.index()]
    }

    /// Returns all shards.
    #[inline]
    pub(super) fn all(&self) -> impl Iterator<Item = &AtomicU64> {
        self.slab.0.iter().map(|shard| &shard.0[self.index()])
    }

    #[inline]
    fn index(&self) -> usize {
        // The index is always in bounds. The remainder spares the check.
        usize::from(self.index) % CELLS_PER_SLAB
    }
}

// === impl SlabAllocator ===

impl SlabAllocator {
    pub(super) fn alloc(&mut self) -> ShardedCell {
        let (slab, index) = match self.open.take() {
            Some(open) => open,
            None => (Arc::new(Slab::new()), 0),
        };
        if usize::from(index) + 1 < CELLS_PER_SLAB {
            self.open = Some((Arc::clone(&slab), index + 1));
        }
        ShardedCell { slab, index }
    }
}

// === impl Slab ===

impl Slab {
    fn new() -> Self {
        Self((0..shard_count()).map(|_| Shard::new()).collect())
    }
}

// === impl Shard ===

impl Shard {
    fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

/// Returns the number of shards: one for each processor, rounded up to a power of two, at most eight.
pub(super) fn shard_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        processors.min(MAX_SHARDS).next_power_of_two()
    })
}

/// Adds to an `f64` that is stored as its bits.
#[inline]
pub(super) fn add_f64(cell: &AtomicU64, value: f64) {
    let mut current = cell.load(Relaxed);
    loop {
        let sum = (f64::from_bits(current) + value).to_bits();
        match cell.compare_exchange_weak(current, sum, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(actual) => current = actual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_do_not_overlap() {
        let mut allocator = SlabAllocator::default();
        let cells: Vec<_> = (0..3 * CELLS_PER_SLAB).map(|_| allocator.alloc()).collect();
        for (index, cell) in cells.iter().enumerate() {
            cell.local().fetch_add(index as u64, Relaxed);
        }
        for (index, cell) in cells.iter().enumerate() {
            let sum: u64 = cell.all().map(|shard| shard.load(Relaxed)).sum();
            assert_eq!(sum, index as u64);
        }
    }
}
