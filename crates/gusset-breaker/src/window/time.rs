//! A window by time: buckets that need no clearing.

use crate::Counts;
use crate::sync::{AtomicU64, Ordering};

/// The results of the last so many buckets of time.
///
/// One word holds a bucket's tag and its count (`generation:8 | tick:32 | count:24`), so that a
/// count is never added to a bucket that means another time by now: who finds an old tag installs
/// the new one with its own result, who finds a newer one is out of the window. Nothing is cleared
/// as time passes, and a record costs the same whatever the window holds.
///
/// Threads count their calls in lanes of their own, which a reader adds up. What failed or was slow
/// has one count for all: that is rare, or the breaker opens.
#[derive(Debug)]
pub(crate) struct TimeWindow {
    bucket_nanos: u64,
    buckets: u64,
    /// The lanes, one after the other: as many as a power of two, so that finding one's own is cheap.
    calls: Box<[Line]>,
    lines_in_lane: usize,
    last_lane: usize,
    faults: Box<[Faults]>,
}

/// The calls of eight buckets: a cache line of their own, so that lanes do not share one.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; IN_LINE]);

const IN_LINE: usize = 8;

/// What went wrong in a bucket.
#[derive(Debug, Default)]
struct Faults {
    failures: AtomicU64,
    slow: AtomicU64,
}

/// A bucket's tag, in place: the upper 40 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag(u64);

const COUNT: u64 = (1 << 24) - 1;
/// Where a bucket stops to count: 16 million results.
const FULL: u64 = COUNT;
/// How far ahead a tick is taken for a newer one. All that is behind, back to 2³² ticks, is older:
/// a lane that slept for a year is not in the future.
const AHEAD: u32 = 1 << 20;

// === impl TimeWindow ===

impl TimeWindow {
    pub(crate) fn new(bucket_nanos: u64, buckets: u32, lanes: usize) -> Self {
        let lanes = lanes.max(1).next_power_of_two();
        let lines_in_lane = (buckets as usize).div_ceil(IN_LINE);
        Self {
            bucket_nanos: bucket_nanos.max(1),
            buckets: buckets.into(),
            calls: std::iter::repeat_with(Line::default)
                .take(lanes * lines_in_lane)
                .collect(),
            lines_in_lane,
            last_lane: lanes - 1,
            faults: std::iter::repeat_with(Faults::default)
                .take(buckets as usize)
                .collect(),
        }
    }

    /// The bucket's number at that time.
    #[inline]
    pub(crate) fn tick(&self, now: u64) -> u64 {
        now / self.bucket_nanos
    }

    /// Counts a result of that generation.
    #[inline]
    pub(crate) fn record(&self, lane: usize, generation: u32, tick: u64, fail: bool, slow: bool) {
        let tag = Tag::new(generation, tick);
        let at = (tick % self.buckets) as usize;
        let lane = (lane & self.last_lane) * self.lines_in_lane;
        // The calls first: who reads failures has to find the calls that failed.
        if tag.add(&self.calls[lane + at / IN_LINE].0[at % IN_LINE]) && (fail || slow) {
            self.record_fault(tag, at, fail, slow);
        }
    }

    #[cold]
    fn record_fault(&self, tag: Tag, at: usize, fail: bool, slow: bool) {
        let faults = &self.faults[at];
        if fail {
            tag.add(&faults.failures);
        }
        if slow {
            tag.add(&faults.slow);
        }
    }

    /// What the window holds at `tick` of that generation.
    pub(crate) fn counts(&self, generation: u32, tick: u64) -> Counts {
        let mut counts = Counts::default();
        let live = Tag::new(generation, tick);
        // Failures before calls, for the same reason.
        for Faults { failures, slow } in &self.faults {
            counts.failures += live.within(self.buckets, failures);
            counts.slow += live.within(self.buckets, slow);
        }
        for calls in self.calls.iter().flat_map(|line| &line.0) {
            counts.calls += live.within(self.buckets, calls);
        }
        counts
    }

    /// Forgets what other generations left: a tag tells 256 of them apart.
    pub(crate) fn sweep(&self, generation: u32) {
        let faults = self.faults.iter();
        let faults = faults.flat_map(|faults| [&faults.failures, &faults.slow]);
        for word in faults.chain(self.calls.iter().flat_map(|line| &line.0)) {
            let bits = word.load(Ordering::Relaxed);
            if bits != 0 && Tag::of(bits).generation() != generation as u8 {
                // Whoever was quicker has installed a tag of its own.
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
    fn of(bits: u64) -> Self {
        Self(bits & !COUNT)
    }

    fn generation(self) -> u8 {
        (self.0 >> 56) as u8
    }

    fn tick(self) -> u32 {
        (self.0 >> 24) as u32
    }

    /// Whether `other` is of a later time, so that this one is out of the window.
    fn is_before(self, other: Self) -> bool {
        let generations = other.generation().wrapping_sub(self.generation());
        if generations != 0 {
            return generations < 128;
        }
        let ticks = other.tick().wrapping_sub(self.tick());
        ticks != 0 && ticks < AHEAD
    }

    /// Adds one; false if the bucket is of a later time, or full.
    #[inline]
    fn add(self, word: &AtomicU64) -> bool {
        let mut bits = word.load(Ordering::Relaxed);
        loop {
            let mine = Self::of(bits) == self;
            let full = mine && bits & COUNT >= FULL;
            // An empty bucket is nobody's.
            let later = !mine && bits & COUNT != 0 && self.is_before(Self::of(bits));
            if full || later {
                return false;
            }
            // Not `fetch_add`: the bucket may get another tag in between.
            let next = if mine { bits + 1 } else { self.0 | 1 };
            match word.compare_exchange_weak(bits, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => bits = now,
            }
        }
    }

    /// What a bucket holds, if it is among the last `buckets` by this tag.
    #[inline]
    fn within(self, buckets: u64, word: &AtomicU64) -> u64 {
        let bits = word.load(Ordering::Relaxed);
        let tag = Self::of(bits);
        if tag.generation() != self.generation() {
            return 0;
        }
        // A tick ahead of ours is another thread's, a moment later.
        let age = self.tick().wrapping_sub(tag.tick());
        if u64::from(age) < buckets || age.wrapping_neg() < AHEAD {
            bits & COUNT
        } else {
            0
        }
    }
}
