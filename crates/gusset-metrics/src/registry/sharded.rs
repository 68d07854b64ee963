//! Numbers that several processors add to at once.
//!
//! Every call of a busy route ends in the same few series, and two processors that write to one cache
//! line take ten times as long. So each number is kept once for each of [`SHARDS`] groups of threads,
//! and the shards are added when the number is read. The price is a read of a thread-local for each
//! record, about fifteen instructions.
//!
//! Invariant: the number is the sum of its shards, and every change is one atomic addition to a shard.
//! So no change is lost, also if two threads have the same shard. All operations are relaxed, because
//! no other memory depends on the numbers.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The number of shards; a power of two.
pub(super) const SHARDS: usize = 8;

/// The numbers that are adjacent in one shard. They fill two cache lines, because processors prefetch
/// lines in pairs.
const CELLS_PER_SLAB: usize = 16;

/// Memory for [`CELLS_PER_SLAB`] numbers.
///
/// The numbers of one shard are adjacent, and the shards are on different cache lines. So a series costs
/// eight words and not eight cache lines.
#[derive(Debug)]
struct Slab([Shard; SHARDS]);

#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; CELLS_PER_SLAB]);

/// One number in shards. Starts at zero. The owner defines the meaning of the bits.
#[derive(Debug)]
pub(super) struct ShardedCell {
    slab: Arc<Slab>,
    index: usize,
}

/// Allocates numbers.
#[derive(Debug, Default)]
pub(super) struct SlabAllocator {
    /// The slab with free cells, and the index of the first of them.
    open: Option<(Arc<Slab>, usize)>,
}

// === impl ShardedCell ===

impl ShardedCell {
    /// Returns the shard of this thread.
    #[inline]
    pub(super) fn local(&self) -> &AtomicU64 {
        // The index is always in bounds. The remainder spares the check.
        &self.slab.0[thread_number() % SHARDS].0[self.index % CELLS_PER_SLAB]
    }

    /// Returns all shards.
    #[inline]
    pub(super) fn all(&self) -> impl Iterator<Item = &AtomicU64> {
        self.slab
            .0
            .iter()
            .map(|shard| &shard.0[self.index % CELLS_PER_SLAB])
    }
}

// === impl SlabAllocator ===

impl SlabAllocator {
    pub(super) fn alloc(&mut self) -> ShardedCell {
        let (slab, index) = match self.open.take() {
            Some(open) => open,
            None => (Arc::new(Slab::new()), 0),
        };
        if index + 1 < CELLS_PER_SLAB {
            self.open = Some((Arc::clone(&slab), index + 1));
        }
        ShardedCell { slab, index }
    }
}

// === impl Slab ===

impl Slab {
    fn new() -> Self {
        Self(std::array::from_fn(|_| {
            Shard(std::array::from_fn(|_| AtomicU64::new(0)))
        }))
    }
}

/// Returns the number of this thread, from one, in the order in which threads first recorded.
#[inline]
pub(super) fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(0) });
    match NUMBER.get() {
        0 => {
            NUMBER.set(NEXT.fetch_add(1, Relaxed));
            NUMBER.get()
        }
        number => number,
    }
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
