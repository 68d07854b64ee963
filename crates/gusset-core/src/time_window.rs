//! A time-based window: buckets that need no clearing.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};

/// The results of the last N time buckets.
///
/// A bucket is one word: `generation:8 | tick:32 | count:24`. Tag and count share it, so that a count
/// is never added to a bucket that was reused for another time. A thread that finds an older tag
/// replaces it and counts its own result. One that finds a newer tag drops its result, which is
/// outside of the window. Nothing is cleared as time passes, so recording has a constant cost.
///
/// Each shard has its own call counts, which readers add up. Failures and slow calls have one count
/// for all threads, because they are rare or the breaker opens.
///
/// All accesses are `Relaxed`: a word depends on no other word. A reader that has to see the results of
/// other threads needs a fence of its own.
///
/// ```
/// use gusset_core::TimeWindow;
///
/// // Ten buckets of one second, one shard.
/// let window = TimeWindow::new(1_000_000_000, 10, 1);
/// let tick = window.tick(3_500_000_000);
/// window.record(0, 0, tick, true, false);
/// assert_eq!(window.counts(0, tick).failures, 1);
/// assert_eq!(window.counts(0, tick + 10).calls, 0, "it has left the window");
/// ```
#[derive(Debug)]
pub struct TimeWindow {
    bucket_nanos: u64,
    buckets: u64,
    /// The shards, one after the other. Their number is a power of two, so that a mask selects one.
    calls: Box<[CacheLine]>,
    lines_per_shard: usize,
    shard_mask: usize,
    faults: Box<[Faults]>,
}

/// The calls in a [`TimeWindow`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "read by other crates, which must know all of it"
)]
pub struct WindowCounts {
    /// All calls.
    pub calls: u64,
    /// Failed calls.
    pub failures: u64,
    /// Slow calls, failed or not.
    pub slow: u64,
}

/// The call counts of eight buckets. One cache line, so that shards do not share one.
#[derive(Debug, Default)]
#[repr(align(64))]
struct CacheLine([AtomicU64; BUCKETS_PER_LINE]);

const BUCKETS_PER_LINE: usize = 8;

/// The failed and slow calls of a bucket.
#[derive(Debug, Default)]
struct Faults {
    failures: AtomicU64,
    slow: AtomicU64,
}

/// The tag of a bucket, in the upper 40 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag(u64);

const COUNT_MASK: u64 = (1 << 24) - 1;
/// A bucket stops counting at 16 million results.
const MAX_BUCKET_COUNT: u64 = COUNT_MASK;
/// A tick up to this far ahead is newer, every other one is older: of a thread that was preempted between its reading of
/// the clock and its record. A bucket that was unused until the ticks have nearly wrapped is therefore rarely taken for
/// a newer one: with buckets of a millisecond, in one second of 49 days.
const MAX_TICKS_AHEAD: u32 = 1 << 10;

// === impl TimeWindow ===

impl TimeWindow {
    /// Creates an empty window of `buckets` buckets, each of `bucket_nanos` nanoseconds. The number of
    /// shards is rounded up to a power of two.
    pub fn new(bucket_nanos: u64, buckets: u32, shards: usize) -> Self {
        let shards = shards.max(1).next_power_of_two();
        let lines_per_shard = (buckets as usize).div_ceil(BUCKETS_PER_LINE);
        Self {
            bucket_nanos: bucket_nanos.max(1),
            buckets: buckets.into(),
            calls: std::iter::repeat_with(CacheLine::default)
                .take(shards * lines_per_shard)
                .collect(),
            lines_per_shard,
            shard_mask: shards - 1,
            faults: std::iter::repeat_with(Faults::default)
                .take(buckets as usize)
                .collect(),
        }
    }

    /// Returns the number of the bucket at a time, in nanoseconds since an origin of the caller.
    #[inline]
    pub fn tick(&self, now: u64) -> u64 {
        now / self.bucket_nanos
    }

    /// Counts a result of this generation. A generation starts with an empty window.
    #[inline]
    pub fn record(&self, shard: usize, generation: u32, tick: u64, fail: bool, slow: bool) {
        let tag = Tag::new(generation, tick);
        let bucket = (tick % self.buckets) as usize;
        let line = (shard & self.shard_mask) * self.lines_per_shard + bucket / BUCKETS_PER_LINE;
        // The call before the failure, so that a thread never counts more failures than calls.
        if tag.increment(&self.calls[line].0[bucket % BUCKETS_PER_LINE]) && (fail || slow) {
            self.record_fault(tag, bucket, fail, slow);
        }
    }

    #[cold]
    fn record_fault(&self, tag: Tag, bucket: usize, fail: bool, slow: bool) {
        let faults = &self.faults[bucket];
        if fail {
            tag.increment(&faults.failures);
        }
        if slow {
            tag.increment(&faults.slow);
        }
    }

    /// Returns the counts at `tick` of this generation.
    pub fn counts(&self, generation: u32, tick: u64) -> WindowCounts {
        let mut counts = WindowCounts::default();
        let current = Tag::new(generation, tick);
        // Failures before calls: the reverse order of `record`.
        for Faults { failures, slow } in &self.faults {
            counts.failures += current.count_in_window(self.buckets, failures);
            counts.slow += current.count_in_window(self.buckets, slow);
        }
        for calls in self.calls.iter().flat_map(|line| &line.0) {
            counts.calls += current.count_in_window(self.buckets, calls);
        }
        counts
    }

    /// Clears the buckets of other generations. Tags repeat after 256 generations, so old buckets must
    /// not stay.
    pub fn clear_stale(&self, generation: u32) {
        let faults = self.faults.iter();
        let faults = faults.flat_map(|faults| [&faults.failures, &faults.slow]);
        for word in faults.chain(self.calls.iter().flat_map(|line| &line.0)) {
            let bits = word.load(Ordering::Relaxed);
            if bits != 0 && Tag::from_bits(bits).generation() != generation as u8 {
                // Not retried: on failure, another thread has written a newer tag.
                let _ = word.compare_exchange(bits, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }
}

// === impl Tag ===

impl Tag {
    #[inline]
    fn new(generation: u32, tick: u64) -> Self {
        Self(u64::from(generation as u8) << 56 | u64::from(tick as u32) << 24)
    }

    #[inline]
    fn from_bits(bits: u64) -> Self {
        Self(bits & !COUNT_MASK)
    }

    fn generation(self) -> u8 {
        (self.0 >> 56) as u8
    }

    fn tick(self) -> u32 {
        (self.0 >> 24) as u32
    }

    /// Returns whether `other` is newer, so that this tag is outside of the window.
    fn is_before(self, other: Self) -> bool {
        let generations = other.generation().wrapping_sub(self.generation());
        if generations != 0 {
            return generations < 128;
        }
        let ticks = other.tick().wrapping_sub(self.tick());
        ticks != 0 && ticks < MAX_TICKS_AHEAD
    }

    /// Adds one. Returns false if the bucket is newer, or full.
    #[inline]
    fn increment(self, word: &AtomicU64) -> bool {
        let mut bits = word.load(Ordering::Relaxed);
        loop {
            let same = Self::from_bits(bits) == self;
            let full = same && bits & COUNT_MASK >= MAX_BUCKET_COUNT;
            // The tag of an empty bucket has no meaning.
            let newer = !same && bits & COUNT_MASK != 0 && self.is_before(Self::from_bits(bits));
            if full || newer {
                return false;
            }
            // Not `fetch_add`, because the tag may change between the load and the addition.
            let next = if same { bits + 1 } else { self.0 | 1 };
            match word.compare_exchange_weak(bits, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(current) => bits = current,
            }
        }
    }

    /// Returns the count of a bucket, or 0 if it is not one of the last `buckets` before this tag.
    #[inline]
    fn count_in_window(self, buckets: u64, word: &AtomicU64) -> u64 {
        let bits = word.load(Ordering::Relaxed);
        let tag = Self::from_bits(bits);
        if tag.generation() != self.generation() {
            return 0;
        }
        // A newer tick was recorded by another thread with a later time.
        let age = self.tick().wrapping_sub(tag.tick());
        if u64::from(age) < buckets || age.wrapping_neg() < MAX_TICKS_AHEAD {
            bits & COUNT_MASK
        } else {
            0
        }
    }
}
