//! Who was counted already in these five minutes.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use foldhash::fast::RandomState;

use crate::time::Tick;

/// A table of the visitors that were counted in the current tick. One that was displaced is counted once more, which
/// changes nothing.
///
/// Its hash is fast and not secret enough to be kept, so the table is cleared with each tick.
pub(super) struct Recent {
    marks: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// A visitor in a tick.
#[derive(Clone, Copy)]
pub(super) struct Mark(u64);

const MARKS: usize = 1 << 13;

// === impl Recent ===

impl Recent {
    pub(super) fn new() -> Self {
        let marks = std::iter::repeat_with(AtomicU64::default);
        Self {
            marks: marks.take(MARKS).collect(),
            hasher: RandomState::default(),
        }
    }

    #[inline]
    pub(super) fn mark(&self, key: &[u8], tick: Tick) -> Mark {
        // The tick, because a thread may insert a mark just after the table was cleared.
        Mark(self.hasher.hash_one((key, tick)))
    }

    #[inline]
    pub(super) fn contains(&self, mark: Mark) -> bool {
        self.at(mark).load(Relaxed) == mark.0
    }

    pub(super) fn insert(&self, mark: Mark) {
        self.at(mark).store(mark.0, Relaxed);
    }

    pub(super) fn clear(&self) {
        self.marks.iter().for_each(|mark| mark.store(0, Relaxed));
    }

    #[inline]
    fn at(&self, mark: Mark) -> &AtomicU64 {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits count")]
        let place = mark.0 as usize % MARKS;
        &self.marks[place]
    }
}
