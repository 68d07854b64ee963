//! The buckets of the values of one sign, which several threads add to.
//!
//! A full histogram has to halve its scale, and other threads record meanwhile. Moving their counts would need
//! a lock, or would lose some of them. Here nothing is moved: each scale has counts of its own, whose meaning
//! never changes. Recording goes on at the lesser scale, and a reader adds up all scales.
//!
//! # Invariants
//! - The range of a level only grows, and never beyond `max_buckets`. So each cell belongs to one index
//!   only, and a record that was late at an old level is still counted in the right bucket.
//! - The level in use only increases, so the scale never does: counts of a series only grow, and a reader sees
//!   no reset.
//!
//! All operations are relaxed, because no other memory depends on the counts; `OnceLock` publishes new memory.
//! A reader that sees a count before the range that includes it leaves it to its next read.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use gusset_data::{BucketCounts, ExponentialBuckets};

use super::index::{MAX_SCALE, MIN_SCALE, ZERO_THRESHOLD};
use super::settings::ExponentialHistogram;

#[derive(Debug)]
pub(super) struct AtomicBuckets {
    settings: ExponentialHistogram,
    shards: usize,
    /// The level in use.
    current: AtomicUsize,
    /// The scales, from the greatest to the least. Memory is allocated for those that were in use.
    levels: Box<[OnceLock<Box<Level>>]>,
}

/// The buckets of one scale.
#[derive(Debug)]
struct Level {
    /// By how much an index at [`MAX_SCALE`] is shifted.
    shift: i32,
    /// The first and the last index with a value.
    range: AtomicU64,
    /// An index in the range. Its count is in the first cell of a shard, and those of others follow, with those
    /// below it at the end.
    base: i32,
    /// The counts of each shard: as many as buckets are allowed.
    shards: Box<[OnceLock<Box<[AtomicU64]>>]>,
}

/// The indices from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: i32,
    last: i32,
}

// === impl AtomicBuckets ===

impl AtomicBuckets {
    pub(super) fn new(settings: ExponentialHistogram, shards: usize) -> Self {
        let levels = (MIN_SCALE..=settings.max_scale).map(|_| OnceLock::new());
        Self {
            settings,
            shards,
            current: AtomicUsize::new(0),
            levels: levels.collect(),
        }
    }

    /// Adds to the bucket with an index at [`MAX_SCALE`].
    #[inline]
    pub(super) fn add(&self, shard: usize, index: i32, count: u64) {
        let current = self.current.load(Relaxed);
        let Some(level) = self.levels[current].get() else {
            return self.add_outside(current, shard, index, count);
        };
        let of_level = index >> level.shift;
        if !level.has(of_level) {
            return self.add_outside(current, shard, index, count);
        }
        let Some(cells) = level.shards[shard].get() else {
            return self.add_outside(current, shard, index, count);
        };
        cells[level.cell(of_level, cells.len())].fetch_add(count, Relaxed);
    }

    /// Adds to a bucket that is outside the range, or the first one of its shard.
    #[cold]
    #[inline(never)]
    fn add_outside(&self, mut current: usize, shard: usize, index: i32, count: u64) {
        let max_buckets = self.settings.max_buckets;
        let mut range = Range::single(index >> self.shift(current));
        loop {
            let own = index >> self.shift(current);
            let level = publish(&self.levels[current], || {
                Box::new(Level::new(self.shift(current), range, self.shards))
            });
            // Another thread may have created the level. If the range does not fit there, readers reduce the scale.
            let _ = level.include(range, max_buckets);
            let Err(full) = level.include(Range::single(own), max_buckets) else {
                let cells = publish(&level.shards[shard], || zeros(max_buckets));
                cells[level.cell(own, max_buckets)].fetch_add(count, Relaxed);
                return;
            };
            // The greatest scale at which all values so far fit.
            range = full.with(Range::single(own));
            while range.len() > max_buckets {
                range = range.shift(1);
                current += 1;
            }
            self.current.fetch_max(current, Relaxed);
        }
    }

    /// Returns the counts at the greatest scale at which they fit. The other sign has none.
    pub(super) fn read(&self) -> ExponentialBuckets {
        let mut all = ExponentialBuckets::new(self.settings.max_scale, ZERO_THRESHOLD);
        for (number, level) in self.levels.iter().enumerate() {
            if let Some(level) = level.get() {
                let scale = self.settings.max_scale - number as i32;
                let mut buckets = ExponentialBuckets::new(scale, ZERO_THRESHOLD);
                buckets.positive = level.read();
                all.merge(&buckets);
            }
        }
        // A late record may be outside the range of the level that followed.
        while all.positive.counts.len() > self.settings.max_buckets {
            all.downscale_to(all.scale - 1);
        }
        all
    }

    /// Returns by how much an index is shifted at a level.
    fn shift(&self, level: usize) -> i32 {
        MAX_SCALE - self.settings.max_scale + level as i32
    }
}

/// Returns what is in the lock, and initializes it first if it is empty.
///
/// Memory is allocated before, and not while other threads wait for it. If two threads do so at once, one of
/// them frees its own.
pub(super) fn publish<T>(lock: &OnceLock<T>, new: impl FnOnce() -> T) -> &T {
    if let Some(value) = lock.get() {
        return value;
    }
    let new = new();
    lock.get_or_init(|| new)
}

fn zeros(count: usize) -> Box<[AtomicU64]> {
    (0..count).map(|_| AtomicU64::new(0)).collect()
}

// === impl Level ===

impl Level {
    fn new(shift: i32, range: Range, shards: usize) -> Self {
        Self {
            shift,
            range: AtomicU64::new(range.to_bits()),
            base: range.first,
            shards: (0..shards).map(|_| OnceLock::new()).collect(),
        }
    }

    #[inline]
    fn has(&self, index: i32) -> bool {
        let Range { first, last } = Range::from_bits(self.range.load(Relaxed));
        // One comparison: an index below the first one becomes a large number.
        index.wrapping_sub(first) as u32 <= last.wrapping_sub(first) as u32
    }

    /// Returns the cell of an index in the range.
    ///
    /// Two indices of a range with at most `cells` indices have different cells.
    #[inline]
    fn cell(&self, index: i32, cells: usize) -> usize {
        let distance = index.wrapping_sub(self.base);
        let before = if distance < 0 { cells } else { 0 };
        before.wrapping_add_signed(distance as isize)
    }

    /// Extends the range, or returns it as it is if it would have too many buckets.
    fn include(&self, range: Range, max_buckets: usize) -> Result<(), Range> {
        let extended = self.range.fetch_update(Relaxed, Relaxed, |bits| {
            let union = Range::from_bits(bits).with(range);
            (union.len() <= max_buckets).then_some(union.to_bits())
        });
        extended.map(drop).map_err(Range::from_bits)
    }

    fn read(&self) -> BucketCounts {
        let Range { first, last } = Range::from_bits(self.range.load(Relaxed));
        let shards = || self.shards.iter().filter_map(OnceLock::get);
        let count = |index| {
            let counts = shards().map(|cells| cells[self.cell(index, cells.len())].load(Relaxed));
            counts.sum()
        };
        BucketCounts {
            offset: first,
            counts: (first..=last).map(count).collect(),
        }
    }
}

// === impl Range ===

impl Range {
    const fn single(index: i32) -> Self {
        Self {
            first: index,
            last: index,
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }

    /// Returns the range at a scale that is less by `by`.
    const fn shift(self, by: i32) -> Self {
        Self {
            first: self.first >> by,
            last: self.last >> by,
        }
    }

    const fn len(self) -> usize {
        self.last.abs_diff(self.first) as usize + 1
    }

    /// Packs both indices into one word, so that they change together.
    const fn to_bits(self) -> u64 {
        (self.first as u32 as u64) << 32 | self.last as u32 as u64
    }

    const fn from_bits(bits: u64) -> Self {
        Self {
            first: (bits >> 32) as i32,
            last: bits as i32,
        }
    }
}
