//! A window by count: the last so many results, exactly.

use crate::Counts;
use crate::machine::GENERATIONS;
use crate::sync::{AtomicU64, Ordering};

/// The last `size` results.
///
/// A result takes the next position; what failed or was slow is a bit in the block of its position,
/// so that a success writes nothing but the head. A block holds sixteen positions and a tag
/// (`generation:8 | block:24 | failed:16 | slow:16`): a block of another time reads as sixteen
/// successes. There is one block more than the window needs, so that none that is still looked at is
/// written over.
#[derive(Debug)]
pub(crate) struct CountWindow {
    size: u64,
    /// `generation:21 | results:43`
    head: AtomicU64,
    blocks: Box<[AtomicU64]>,
}

const IN_BLOCK: u64 = 16;
const RESULTS: u64 = (1 << 43) - 1;
const BLOCK: u64 = (1 << 24) - 1;

// === impl CountWindow ===

impl CountWindow {
    pub(crate) fn new(size: u32) -> Self {
        let size = u64::from(size.max(1));
        let blocks = size.div_ceil(IN_BLOCK) + 1;
        Self {
            size,
            head: AtomicU64::new(0),
            blocks: std::iter::repeat_with(|| AtomicU64::new(0))
                .take(blocks as usize)
                .collect(),
        }
    }

    /// Counts a result of that generation.
    pub(crate) fn record(&self, generation: u32, fail: bool, slow: bool) {
        let Some(position) = self.take_position(generation) else {
            return;
        };
        let at = position % IN_BLOCK;
        // The first of a block puts its tag there, so that the bits of a time long ago do not come
        // back when tags repeat.
        if fail || slow || at == 0 {
            let bits = u64::from(fail) << (16 + at) | u64::from(slow) << at;
            self.mark(generation, position / IN_BLOCK, bits);
        }
    }

    /// What the window holds in that generation.
    pub(crate) fn counts(&self, generation: u32) -> Counts {
        let head = self.head.load(Ordering::Acquire);
        if generation_of(head) != generation {
            return Counts::default();
        }
        let end = head & RESULTS;
        let start = end.saturating_sub(self.size);
        let mut counts = Counts {
            calls: end - start,
            ..Counts::default()
        };
        if end == start {
            return counts;
        }
        for block in start / IN_BLOCK..=(end - 1) / IN_BLOCK {
            let word = self.slot(block).load(Ordering::Acquire);
            if word >> 32 != tag(generation, block) {
                continue;
            }
            // The positions of this block that are in the window.
            let first = start.saturating_sub(block * IN_BLOCK);
            let last = (end - block * IN_BLOCK).min(IN_BLOCK);
            let mask = (1u64 << last) - (1 << first);
            counts.failures += u64::from((word >> 16 & mask).count_ones());
            counts.slow += u64::from((word & mask).count_ones());
        }
        counts
    }

    /// Forgets what other generations left: a tag tells 256 of them apart.
    pub(crate) fn sweep(&self, generation: u32) {
        for word in &self.blocks {
            let bits = word.load(Ordering::Relaxed);
            if bits != 0 && (bits >> 56) as u8 != generation as u8 {
                // Whoever was quicker has put a tag of its own.
                let _ = word.compare_exchange(bits, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }

    /// The next position of that generation; none if the window is of a later one.
    fn take_position(&self, generation: u32) -> Option<u64> {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let position = if generation_of(head) == generation {
                head & RESULTS
            } else if is_before(generation, generation_of(head)) {
                return None;
            } else {
                0
            };
            let next = u64::from(generation) << 43 | (position + 1);
            match self
                .head
                .compare_exchange_weak(head, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Some(position),
                Err(now) => head = now,
            }
        }
    }

    /// Adds bits to a block, unless it is written over by now.
    fn mark(&self, generation: u32, block: u64, bits: u64) {
        let slot = self.slot(block);
        let tag = tag(generation, block);
        let mut word = slot.load(Ordering::Relaxed);
        loop {
            let next = if word >> 32 == tag {
                word | bits
            } else if word != 0 && is_later(tag, word >> 32) {
                return;
            } else {
                tag << 32 | bits
            };
            match slot.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    fn slot(&self, block: u64) -> &AtomicU64 {
        &self.blocks[(block % self.blocks.len() as u64) as usize]
    }
}

fn generation_of(head: u64) -> u32 {
    (head >> 43) as u32
}

fn tag(generation: u32, block: u64) -> u64 {
    u64::from(generation as u8) << 24 | block & BLOCK
}

/// Whether generation `a` is before `b`.
fn is_before(a: u32, b: u32) -> bool {
    let ahead = b.wrapping_sub(a) % GENERATIONS;
    ahead != 0 && ahead < GENERATIONS / 2
}

/// Whether the tag `other` is of a later time than `tag`.
fn is_later(tag: u64, other: u64) -> bool {
    let generations = (other >> 24).wrapping_sub(tag >> 24) as u8;
    if generations != 0 {
        return generations < 128;
    }
    let blocks = other.wrapping_sub(tag) & BLOCK;
    blocks != 0 && blocks <= BLOCK / 2
}
