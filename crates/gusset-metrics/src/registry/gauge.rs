//! One series of a gauge.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU64};

use metrics::GaugeFn;

use super::shares::{Shared, add};

/// The number of one series of a gauge.
///
/// What is only added to and taken from is kept in shares of threads: calls under way are counted up
/// and down by all of them. [`metrics::Gauge::set`] needs one place to write to: from the first `set`
/// on the number is in that place, and the shares are not read any more. What was still on its way to
/// a share then is as if it had come before that `set`.
#[derive(Debug)]
pub struct GaugeCell {
    added: Shared,
    /// How the number is kept; only ever grows.
    mode: AtomicU8,
    /// From the first `set` on, the bits of the number.
    place: AtomicU64,
    family: Arc<Nature>,
}

/// Nobody has touched it.
const FRESH: u8 = 0;
/// Only added to and taken from.
const ADDED: u8 = 1;
/// Set.
const SET: u8 = 2;

/// What a family of gauges is, settled by the first operation on any of its series.
#[derive(Debug, Default)]
pub(super) struct Nature(AtomicU8);

/// What a family of gauges is, once it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GaugeKind {
    /// A sum that goes up and down.
    UpDownCounter,
    /// What was last seen.
    Gauge,
}

// === impl GaugeCell ===

impl GaugeCell {
    pub(super) fn new(added: Shared, family: Arc<Nature>) -> Self {
        Self {
            added,
            mode: AtomicU8::new(FRESH),
            place: AtomicU64::new(0.0_f64.to_bits()),
            family,
        }
    }

    /// The number as it stands. Sums of whole numbers are exact; of others, as exact as floats are
    /// when they are added up in parts.
    pub fn value(&self) -> f64 {
        if self.mode.load(Acquire) == SET {
            return f64::from_bits(self.place.load(Relaxed));
        }
        let shares = self.added.all();
        shares.fold(0.0, |sum, share| sum + f64::from_bits(share.load(Relaxed)))
    }

    #[inline]
    fn add(&self, more: f64) {
        if self.mode.load(Acquire) == ADDED || self.first_add() {
            add(self.added.mine(), more);
        } else {
            add(&self.place, more);
        }
    }

    /// Whether to add to the shares: not if it was set, before or at the same time.
    fn first_add(&self) -> bool {
        if self.mode.load(Acquire) == SET {
            return false;
        }
        self.family.settle(ADDED);
        let settled = self.mode.compare_exchange(FRESH, ADDED, Acquire, Acquire);
        settled != Err(SET)
    }

    #[cold]
    fn first_set(&self) {
        self.family.settle(SET);
        // After the number is in its place: who sees the mode finds it there.
        self.mode.store(SET, Release);
    }
}

impl GaugeFn for GaugeCell {
    #[inline]
    fn increment(&self, value: f64) {
        self.add(value);
    }

    #[inline]
    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    #[inline]
    fn set(&self, value: f64) {
        self.place.store(value.to_bits(), Relaxed);
        if self.mode.load(Relaxed) != SET {
            self.first_set();
        }
    }
}

// === impl Nature ===

impl Nature {
    fn settle(&self, mode: u8) {
        // Whoever was first is right.
        let _ = self.0.compare_exchange(FRESH, mode, Relaxed, Relaxed);
    }

    /// `None` while nobody has touched any of the series.
    pub(super) fn kind(&self) -> Option<GaugeKind> {
        match self.0.load(Relaxed) {
            FRESH => None,
            ADDED => Some(GaugeKind::UpDownCounter),
            _ => Some(GaugeKind::Gauge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::shares::Room;
    use proptest::prelude::*;

    fn gauge() -> GaugeCell {
        GaugeCell::new(Room::default().take(), Arc::default())
    }

    proptest! {
        #[test]
        fn sets_and_additions_mix_as_in_one_place(
            acts in prop::collection::vec((0..3_u8, -1000..1000_i32), 0..40),
        ) {
            let (gauge, mut model) = (gauge(), 0.0);
            for (act, number) in acts {
                let number = f64::from(number);
                // From another thread, so that more than one share is used.
                std::thread::scope(|scope| {
                    scope.spawn(|| match act {
                        0 => gauge.set(number),
                        1 => gauge.increment(number),
                        _ => gauge.decrement(number),
                    });
                });
                match act {
                    0 => model = number,
                    1 => model += number,
                    _ => model -= number,
                }
                prop_assert_eq!(gauge.value(), model);
            }
        }
    }

    #[test]
    fn the_first_operation_says_what_a_family_is_and_no_later_one() {
        let family = Arc::<Nature>::default();
        let mut room = Room::default();
        let mut series = || GaugeCell::new(room.take(), Arc::clone(&family));
        let (a, b) = (series(), series());
        assert_eq!(family.kind(), None);
        a.increment(1.0);
        assert_eq!(family.kind(), Some(GaugeKind::UpDownCounter));
        b.set(7.0);
        a.set(7.0);
        assert_eq!(family.kind(), Some(GaugeKind::UpDownCounter));

        let other = gauge();
        other.set(1.0);
        other.increment(1.0);
        assert_eq!(other.family.kind(), Some(GaugeKind::Gauge));
        assert_eq!(other.value(), 2.0);
    }

    #[test]
    fn threads_that_add_and_take_lose_nothing() {
        for set_first in [false, true] {
            let gauge = gauge();
            if set_first {
                gauge.set(0.0);
            }
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| (0..10_000).for_each(|_| gauge.increment(3.0)));
                    scope.spawn(|| (0..10_000).for_each(|_| gauge.decrement(2.0)));
                }
            });
            assert_eq!(gauge.value(), 20_000.0);
        }
    }

    #[test]
    fn two_who_add_first_at_once_both_count() {
        let mut room = Room::default();
        let gauges: Vec<_> = (0..20_000)
            .map(|_| GaugeCell::new(room.take(), Arc::default()))
            .collect();
        let start = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for few in gauges.chunks(20) {
                        // Again and again, for threads drift apart.
                        start.wait();
                        few.iter().for_each(|gauge| gauge.increment(1.0));
                    }
                });
            }
        });
        assert!(gauges.iter().all(|gauge| gauge.value() == 2.0));
    }

    #[test]
    fn what_is_added_after_a_set_is_on_top_of_it() {
        for _ in 0..200 {
            let gauge = gauge();
            gauge.increment(100.0);
            std::thread::scope(|scope| {
                scope.spawn(|| gauge.increment(1000.0));
                scope.spawn(|| {
                    gauge.set(5.0);
                    gauge.increment(1.0);
                });
            });
            assert!([6.0, 1006.0].contains(&gauge.value()), "{}", gauge.value());
        }
    }
}
