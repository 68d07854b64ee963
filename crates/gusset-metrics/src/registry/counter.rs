//! The value of one series of a counter.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::CounterFn;

use super::sharded::ShardedCell;

/// The value of one series of a counter.
///
/// Increments go to the shard of the thread. [`metrics::Counter::absolute`] stores separately how far
/// the absolute value is ahead of the increments, and the value is the sum of both. Nothing is moved
/// between the two, so no concurrent increment is lost. Of concurrent absolute values the greatest
/// applies.
#[derive(Debug)]
pub struct CounterValue {
    increments: ShardedCell,
    /// The greatest difference between an absolute value and the increments at that time.
    ahead: AtomicU64,
}

// === impl CounterValue ===

impl CounterValue {
    pub(super) fn new(increments: ShardedCell) -> Self {
        Self {
            increments,
            ahead: AtomicU64::new(0),
        }
    }

    /// Returns the current value.
    pub fn get(&self) -> u64 {
        self.increments().wrapping_add(self.ahead.load(Relaxed))
    }

    fn increments(&self) -> u64 {
        // Wraps on overflow, like a single atomic integer.
        let shards = self.increments.all().map(|shard| shard.load(Relaxed));
        shards.fold(0, u64::wrapping_add)
    }
}

impl CounterFn for CounterValue {
    #[inline]
    fn increment(&self, value: u64) {
        self.increments.local().fetch_add(value, Relaxed);
    }

    fn absolute(&self, value: u64) {
        let ahead = value.saturating_sub(self.increments());
        self.ahead.fetch_max(ahead, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::sharded::SlabAllocator;
    use proptest::prelude::*;

    fn counter() -> CounterValue {
        CounterValue::new(SlabAllocator::default().alloc())
    }

    proptest! {
        #[test]
        fn behaves_like_a_single_integer(
            operations in prop::collection::vec((any::<bool>(), 0..1000_u64), 0..40),
        ) {
            let (counter, mut model) = (counter(), 0_u64);
            for (absolute, number) in operations {
                if absolute {
                    counter.absolute(number);
                    model = model.max(number);
                } else {
                    // On another thread, so that several shards are used.
                    std::thread::scope(|scope| {
                        scope.spawn(|| counter.increment(number));
                    });
                    model += number;
                }
                prop_assert_eq!(counter.get(), model);
            }
        }
    }

    #[test]
    fn concurrent_increments_are_all_counted() {
        let counter = counter();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| counter.increment(1)));
            }
            scope.spawn(|| counter.absolute(5));
        });
        // If the absolute value came first, all increments are added to it.
        assert!((40_000..=40_005).contains(&counter.get()));
    }

    #[test]
    fn greatest_of_concurrent_absolute_values_applies() {
        for _ in 0..100 {
            let counter = counter();
            counter.increment(10);
            std::thread::scope(|scope| {
                for number in [7, 100, 50] {
                    let counter = &counter;
                    scope.spawn(move || counter.absolute(number));
                }
            });
            assert_eq!(counter.get(), 100);
        }
    }
}
