//! One series of a counter.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::CounterFn;

use super::shares::Shared;

/// The number of one series of a counter.
///
/// What is counted is kept in shares of threads. An absolute number
/// ([`metrics::Counter::absolute`]) is kept beside, as what it is ahead of them. Nothing is moved
/// between the two, so nothing is lost to those who count meanwhile, and of two numbers told at the
/// same time the greater stands.
#[derive(Debug)]
pub struct CounterCell {
    counted: Shared,
    /// How far absolute numbers were ahead of what was counted, at most.
    ahead: AtomicU64,
}

// === impl CounterCell ===

impl CounterCell {
    pub(super) fn new(counted: Shared) -> Self {
        Self {
            counted,
            ahead: AtomicU64::new(0),
        }
    }

    /// The number as it stands.
    pub fn value(&self) -> u64 {
        self.counted().wrapping_add(self.ahead.load(Relaxed))
    }

    fn counted(&self) -> u64 {
        // A number that has gone round goes round here too, as it would in one place.
        let shares = self.counted.all().map(|share| share.load(Relaxed));
        shares.fold(0, u64::wrapping_add)
    }
}

impl CounterFn for CounterCell {
    #[inline]
    fn increment(&self, value: u64) {
        self.counted.mine().fetch_add(value, Relaxed);
    }

    fn absolute(&self, value: u64) {
        let ahead = value.saturating_sub(self.counted());
        self.ahead.fetch_max(ahead, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::shares::Room;
    use proptest::prelude::*;

    fn counter() -> CounterCell {
        CounterCell::new(Room::default().take())
    }

    proptest! {
        #[test]
        fn counts_and_absolute_numbers_mix_as_in_one_place(
            acts in prop::collection::vec((any::<bool>(), 0..1000_u64), 0..40),
        ) {
            let (counter, mut model) = (counter(), 0_u64);
            for (absolute, number) in acts {
                if absolute {
                    counter.absolute(number);
                    model = model.max(number);
                } else {
                    // From another thread, so that more than one share is used.
                    std::thread::scope(|scope| {
                        scope.spawn(|| counter.increment(number));
                    });
                    model += number;
                }
                prop_assert_eq!(counter.value(), model);
            }
        }
    }

    #[test]
    fn threads_lose_nothing() {
        let counter = counter();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| counter.increment(1)));
            }
            scope.spawn(|| counter.absolute(5));
        });
        // At the earliest the five came first and all else on top of it.
        assert!((40_000..=40_005).contains(&counter.value()));
    }

    #[test]
    fn of_absolute_numbers_told_at_once_the_greatest_stands() {
        for _ in 0..100 {
            let counter = counter();
            counter.increment(10);
            std::thread::scope(|scope| {
                for number in [7, 100, 50] {
                    let counter = &counter;
                    scope.spawn(move || counter.absolute(number));
                }
            });
            assert_eq!(counter.value(), 100);
        }
    }
}
