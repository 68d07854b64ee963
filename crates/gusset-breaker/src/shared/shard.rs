//! The shard in which a thread counts.

#[cfg(not(loom))]
mod thread_number {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const UNASSIGNED: usize = usize::MAX;

    thread_local! {
        // `const`, so that an access needs no lazy initialization.
        static NUMBER: Cell<usize> = const { Cell::new(UNASSIGNED) };
    }

    /// Returns the number of this thread. The caller masks it by its number of shards.
    #[inline]
    pub(crate) fn shard_index() -> usize {
        let number = NUMBER.get();
        if number == UNASSIGNED {
            assign()
        } else {
            number
        }
    }

    #[cold]
    fn assign() -> usize {
        // Relaxed: only the uniqueness of the number matters.
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % UNASSIGNED;
        NUMBER.set(number);
        number
    }
}

#[cfg(all(test, loom))]
pub(crate) use thread_number::set_shard_index;
pub(crate) use thread_number::shard_index;

#[cfg(loom)]
mod thread_number {
    use std::cell::Cell;

    loom::thread_local! {
        static NUMBER: Cell<usize> = Cell::new(0);
    }

    /// Returns the number that the test has set, or 0, so that threads contend for one shard.
    pub(crate) fn shard_index() -> usize {
        NUMBER.with(Cell::get)
    }

    #[cfg(test)]
    pub(crate) fn set_shard_index(index: usize) {
        NUMBER.with(|number| number.set(index));
    }
}

const MAX_DEFAULT_SHARDS: usize = 4;

/// Returns the default number of shards: the available parallelism, up to four.
pub(crate) fn default_shards() -> usize {
    std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .clamp(1, MAX_DEFAULT_SHARDS)
}
