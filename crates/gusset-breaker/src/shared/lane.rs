//! A number for each thread, so that threads count in lanes of their own.

#[cfg(not(loom))]
mod ordinal {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static NEXT: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    /// This thread's number.
    #[inline]
    pub(crate) fn lane() -> usize {
        let lane = MINE.get();
        if lane == usize::MAX { enter() } else { lane }
    }

    #[cold]
    fn enter() -> usize {
        let lane = NEXT.fetch_add(1, Ordering::Relaxed) % usize::MAX;
        MINE.set(lane);
        lane
    }
}

pub(crate) use ordinal::lane;
#[cfg(all(test, loom))]
pub(crate) use ordinal::set_lane;

#[cfg(loom)]
mod ordinal {
    use std::cell::Cell;

    loom::thread_local! {
        static MINE: Cell<usize> = Cell::new(0);
    }

    /// What the test set; else all in one: the more they meet, the more there is to explore.
    pub(crate) fn lane() -> usize {
        MINE.with(Cell::get)
    }

    #[cfg(test)]
    pub(crate) fn set_lane(lane: usize) {
        MINE.with(|mine| mine.set(lane));
    }
}

/// As many lanes as threads can run at once, up to four: beyond that, memory buys little.
pub(crate) fn usual_lanes() -> usize {
    std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .clamp(1, 4)
}
