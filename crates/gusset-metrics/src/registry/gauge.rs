//! The value of one series of a gauge.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU64};

use gusset_data::InstrumentKind;
use metrics::GaugeFn;

use super::sharded::{ShardedCell, add_f64};

/// The value of one series of a gauge.
///
/// The facade has one type for OpenTelemetry's up-down counters and gauges. Until the first
/// [`metrics::Gauge::set`], the series is an up-down counter and its value is the sum of its shards.
/// From then on it is a gauge, its value is in `last`, and the shards are not read any more. An addition
/// to a shard that is concurrent with the first `set` counts as having come before it.
#[derive(Debug)]
pub struct GaugeValue {
    up_down: ShardedCell,
    /// The kind of the series. It only increases: [`UNSET`], [`UP_DOWN`], [`GAUGE`].
    kind: AtomicU8,
    /// The bits of the value of a gauge.
    last: AtomicU64,
    family_kind: Arc<AtomicGaugeKind>,
}

/// No operation yet.
const UNSET: u8 = 0;
/// Only additions and subtractions.
const UP_DOWN: u8 = 1;
/// Set at least once.
const GAUGE: u8 = 2;

/// The kind of a family of gauges: that of its [`MetricDescriptor`](gusset_data::MetricDescriptor), or
/// else that of the first operation on any of its series.
#[derive(Debug, Default)]
pub(super) struct AtomicGaugeKind(AtomicU8);

/// The kind of a family of gauges in OpenTelemetry's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GaugeKind {
    /// A sum that goes up and down.
    UpDownCounter,
    /// The last value that was set.
    Gauge,
}

// === impl GaugeValue ===

impl GaugeValue {
    pub(super) fn new(up_down: ShardedCell, family_kind: Arc<AtomicGaugeKind>) -> Self {
        Self {
            up_down,
            kind: AtomicU8::new(UNSET),
            last: AtomicU64::new(0.0_f64.to_bits()),
            family_kind,
        }
    }

    /// Returns the current value.
    ///
    /// Sums of integers are exact. Other sums have the rounding errors of floats.
    pub fn get(&self) -> f64 {
        // Acquire: pairs with the release in `set_first`, so `last` has been set.
        if self.kind.load(Acquire) == GAUGE {
            return f64::from_bits(self.last.load(Relaxed));
        }
        let shards = self.up_down.all();
        shards.fold(0.0, |sum, shard| sum + f64::from_bits(shard.load(Relaxed)))
    }

    /// Returns whether the family is described as a sum, or its first operation was an addition.
    pub(super) fn is_up_down_counter(&self) -> bool {
        self.family_kind.get() == Some(GaugeKind::UpDownCounter)
    }

    #[inline]
    fn add(&self, value: f64) {
        // Acquire: an addition to a gauge comes after the first `set`, which would else replace it.
        if self.kind.load(Acquire) == UP_DOWN || self.add_first() {
            add_f64(self.up_down.local(), value);
        } else {
            add_f64(&self.last, value);
        }
    }

    /// Returns whether to add to the shards: not if the series is a gauge, or becomes one meanwhile.
    fn add_first(&self) -> bool {
        if self.kind.load(Acquire) == GAUGE {
            return false;
        }
        self.family_kind.set_once(UP_DOWN);
        let result = self.kind.compare_exchange(UNSET, UP_DOWN, Acquire, Acquire);
        result != Err(GAUGE)
    }

    #[cold]
    fn set_first(&self) {
        self.family_kind.set_once(GAUGE);
        // Release: after the store to `last`, so a thread that reads the kind also reads the value.
        self.kind.store(GAUGE, Release);
    }
}

impl GaugeFn for GaugeValue {
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
        self.last.store(value.to_bits(), Relaxed);
        if self.kind.load(Relaxed) != GAUGE {
            self.set_first();
        }
    }
}

// === impl AtomicGaugeKind ===

impl AtomicGaugeKind {
    /// Sets the kind that the metric is described with, unless an operation came first.
    pub(super) fn describe(&self, kind: InstrumentKind) {
        match kind {
            InstrumentKind::UpDownCounter => self.set_once(UP_DOWN),
            InstrumentKind::Gauge => self.set_once(GAUGE),
            // A descriptor of another kind does not describe a gauge.
            _ => {}
        }
    }

    fn set_once(&self, kind: u8) {
        // An error means that it is set already.
        let _ = self.0.compare_exchange(UNSET, kind, Relaxed, Relaxed);
    }

    /// Returns the kind, or `None` if it is not described and no operation came yet.
    pub(super) fn get(&self) -> Option<GaugeKind> {
        match self.0.load(Relaxed) {
            UNSET => None,
            UP_DOWN => Some(GaugeKind::UpDownCounter),
            _ => Some(GaugeKind::Gauge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::sharded::SlabAllocator;
    use proptest::prelude::*;

    fn gauge() -> GaugeValue {
        GaugeValue::new(SlabAllocator::default().alloc(), Arc::default())
    }

    proptest! {
        #[test]
        fn behaves_like_a_single_float(
            operations in prop::collection::vec((0..3_u8, -1000..1000_i32), 0..40),
        ) {
            let (gauge, mut model) = (gauge(), 0.0);
            for (operation, number) in operations {
                let number = f64::from(number);
                // On another thread, so that several shards are used.
                std::thread::scope(|scope| {
                    scope.spawn(|| match operation {
                        0 => gauge.set(number),
                        1 => gauge.increment(number),
                        _ => gauge.decrement(number),
                    });
                });
                match operation {
                    0 => model = number,
                    1 => model += number,
                    _ => model -= number,
                }
                prop_assert_eq!(gauge.get(), model);
            }
        }
    }

    #[test]
    fn first_operation_determines_the_family_kind() {
        let family = Arc::<AtomicGaugeKind>::default();
        let mut allocator = SlabAllocator::default();
        let mut series = || GaugeValue::new(allocator.alloc(), Arc::clone(&family));
        let (a, b) = (series(), series());
        assert_eq!(family.get(), None);
        a.increment(1.0);
        assert_eq!(family.get(), Some(GaugeKind::UpDownCounter));
        b.set(7.0);
        a.set(7.0);
        assert_eq!(family.get(), Some(GaugeKind::UpDownCounter));

        let other = gauge();
        other.set(1.0);
        other.increment(1.0);
        assert_eq!(other.family_kind.get(), Some(GaugeKind::Gauge));
        assert_eq!(other.get(), 2.0);
    }

    #[test]
    fn concurrent_additions_are_all_counted() {
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
            assert_eq!(gauge.get(), 20_000.0);
        }
    }

    #[test]
    fn concurrent_first_additions_are_both_counted() {
        let mut allocator = SlabAllocator::default();
        let gauges: Vec<_> = (0..20_000)
            .map(|_| GaugeValue::new(allocator.alloc(), Arc::default()))
            .collect();
        let start = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for chunk in gauges.chunks(20) {
                        // The threads drift apart, so they are synchronised for each chunk.
                        start.wait();
                        chunk.iter().for_each(|gauge| gauge.increment(1.0));
                    }
                });
            }
        });
        assert!(gauges.iter().all(|gauge| gauge.get() == 2.0));
    }

    #[test]
    fn addition_after_set_is_added_to_it() {
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
            assert!([6.0, 1006.0].contains(&gauge.get()), "{}", gauge.get());
        }
    }
}
