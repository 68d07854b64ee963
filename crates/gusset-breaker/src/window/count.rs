//! A count-based window: exactly the last results.

use crate::Counts;
use crate::machine::GENERATIONS;
use crate::sync::{AtomicU64, Ordering};

/// The last `size` results.
///
/// Each result takes the next position. A failed or slow result also sets a bit in the block of its
/// position, so a success usually writes only `head`. A block holds 16 positions and a tag:
/// `generation:8 | block:24 | failed:16 | slow:16`. A block with another tag reads as 16 successes.
///
/// Invariant: no block of the current window is overwritten. There is one block more than the window
/// spans for this.
#[derive(Debug)]
pub(crate) struct CountWindow {
    size: u64,
    /// The next position: `generation:21 | results:43`.
    head: AtomicU64,
    blocks: Box<[AtomicU64]>,
}

const BLOCK_POSITIONS: u64 = 16;
const RESULT_MASK: u64 = (1 << 43) - 1;
const BLOCK_MASK: u64 = (1 << 24) - 1;

// === impl CountWindow ===

impl CountWindow {
    pub(crate) fn new(size: u32) -> Self {
        let size = u64::from(size.max(1));
        let blocks = size.div_ceil(BLOCK_POSITIONS) + 1;
        Self {
            size,
            head: AtomicU64::new(0),
            blocks: std::iter::repeat_with(|| AtomicU64::new(0))
                .take(blocks as usize)
                .collect(),
        }
    }

    /// Counts a result of this generation.
    pub(crate) fn record(&self, generation: u32, fail: bool, slow: bool) {
        let Some(position) = self.next_position(generation) else {
            return;
        };
        let offset = position % BLOCK_POSITIONS;
        // The first result of a block always writes the tag. Otherwise old bits would reappear when
        // the tag repeats.
        if fail || slow || offset == 0 {
            let bits = u64::from(fail) << (16 + offset) | u64::from(slow) << offset;
            self.set_bits(generation, position / BLOCK_POSITIONS, bits);
        }
    }

    /// Returns the counts of this generation.
    pub(crate) fn counts(&self, generation: u32) -> Counts {
        // Acquire: pairs with the exchange in `next_position`. The bits that a thread has set before it
        // took its last position are visible.
        let head = self.head.load(Ordering::Acquire);
        if head_generation(head) != generation {
            return Counts::default();
        }
        let end = head & RESULT_MASK;
        let start = end.saturating_sub(self.size);
        let mut counts = Counts {
            calls: end - start,
            ..Counts::default()
        };
        if end == start {
            return counts;
        }
        for block in start / BLOCK_POSITIONS..=(end - 1) / BLOCK_POSITIONS {
            let word = self.slot(block).load(Ordering::Acquire);
            if word >> 32 != tag(generation, block) {
                continue;
            }
            // Only the positions of this block that are in the window.
            let first = start.saturating_sub(block * BLOCK_POSITIONS);
            let last = (end - block * BLOCK_POSITIONS).min(BLOCK_POSITIONS);
            let mask = (1u64 << last) - (1 << first);
            counts.failures += u64::from((word >> 16 & mask).count_ones());
            counts.slow += u64::from((word & mask).count_ones());
        }
        counts
    }

    /// Clears the blocks of other generations. Tags repeat after 256 generations, so old blocks must
    /// not stay.
    pub(crate) fn clear_stale(&self, generation: u32) {
        for word in &self.blocks {
            let bits = word.load(Ordering::Relaxed);
            if bits != 0 && (bits >> 56) as u8 != generation as u8 {
                // Not retried: on failure, another thread has written a newer tag.
                let _ = word.compare_exchange(bits, 0, Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }

    /// Returns the next position, or `None` if the window is in a later generation.
    fn next_position(&self, generation: u32) -> Option<u64> {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let position = if head_generation(head) == generation {
                head & RESULT_MASK
            } else if is_before(generation, head_generation(head)) {
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
                Err(current) => head = current,
            }
        }
    }

    /// Sets bits of a block, unless the block was reused for later results.
    fn set_bits(&self, generation: u32, block: u64, bits: u64) {
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
                Err(current) => word = current,
            }
        }
    }

    fn slot(&self, block: u64) -> &AtomicU64 {
        &self.blocks[(block % self.blocks.len() as u64) as usize]
    }
}

fn head_generation(head: u64) -> u32 {
    (head >> 43) as u32
}

fn tag(generation: u32, block: u64) -> u64 {
    u64::from(generation as u8) << 24 | block & BLOCK_MASK
}

/// Returns whether generation `a` is before `b`, modulo [`GENERATIONS`].
fn is_before(a: u32, b: u32) -> bool {
    let ahead = b.wrapping_sub(a) % GENERATIONS;
    ahead != 0 && ahead < GENERATIONS / 2
}

/// Returns whether the tag `other` is later than `tag`, modulo their width.
fn is_later(tag: u64, other: u64) -> bool {
    let generations = (other >> 24).wrapping_sub(tag >> 24) as u8;
    if generations != 0 {
        return generations < 128;
    }
    let blocks = other.wrapping_sub(tag) & BLOCK_MASK;
    blocks != 0 && blocks <= BLOCK_MASK / 2
}
