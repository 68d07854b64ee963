//! Numbers that several processors add to at once.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// How many shares of threads there are; a power of two.
const SHARES: usize = 8;
/// How many numbers lie side by side in one share: two lines of the cache, for processors fetch
/// lines in pairs.
const WIDTH: usize = 16;

/// Room for [`WIDTH`] numbers, each kept once for each share of threads.
///
/// Two processors that write to one line of the cache take ten times as long, so the numbers of one
/// share lie together, and apart from those of the others: a series costs eight words, and not eight
/// lines.
#[derive(Debug)]
struct Chunk([Share; SHARES]);

#[derive(Debug)]
#[repr(align(128))]
struct Share([AtomicU64; WIDTH]);

/// One number, in shares. What its bits mean is its owner's to say; zero is what it starts with.
#[derive(Debug)]
pub(super) struct Shared {
    chunk: Arc<Chunk>,
    at: usize,
}

/// Where new numbers get their room.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The chunk with room left, and how many of its numbers are given away.
    open: Option<(Arc<Chunk>, usize)>,
}

// === impl Shared ===

impl Shared {
    /// The share of this thread.
    #[inline]
    pub(super) fn mine(&self) -> &AtomicU64 {
        // The place is in bounds already; said again so that the compiler knows.
        &self.chunk.0[thread() % SHARES].0[self.at % WIDTH]
    }

    /// All shares.
    #[inline]
    pub(super) fn all(&self) -> impl Iterator<Item = &AtomicU64> {
        self.chunk.0.iter().map(|share| &share.0[self.at % WIDTH])
    }
}

// === impl Room ===

impl Room {
    pub(super) fn take(&mut self) -> Shared {
        let (chunk, at) = match self.open.take() {
            Some(open) => open,
            None => (Arc::new(Chunk::new()), 0),
        };
        if at + 1 < WIDTH {
            self.open = Some((Arc::clone(&chunk), at + 1));
        }
        Shared { chunk, at }
    }
}

// === impl Chunk ===

impl Chunk {
    fn new() -> Self {
        Self(std::array::from_fn(|_| {
            Share(std::array::from_fn(|_| AtomicU64::new(0)))
        }))
    }
}

/// The number of this thread, from one, in the order in which threads recorded first.
#[inline]
pub(super) fn thread() -> usize {
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

/// Adds to an `f64` that is kept as its bits.
#[inline]
pub(super) fn add(cell: &AtomicU64, more: f64) {
    let mut seen = cell.load(Relaxed);
    loop {
        let sum = (f64::from_bits(seen) + more).to_bits();
        match cell.compare_exchange_weak(seen, sum, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_room_of_their_own() {
        let mut room = Room::default();
        let numbers: Vec<_> = (0..3 * WIDTH).map(|_| room.take()).collect();
        for (at, number) in numbers.iter().enumerate() {
            number.mine().fetch_add(at as u64, Relaxed);
        }
        for (at, number) in numbers.iter().enumerate() {
            let sum: u64 = number.all().map(|share| share.load(Relaxed)).sum();
            assert_eq!(sum, at as u64);
        }
    }
}
