//! Counters.

use std::sync::atomic::Ordering::Relaxed;

use metrics::CounterFn;
use opentelemetry::metrics::Counter;

use super::bound::BoundCounter;
use super::series::{Family, Series};

/// The sum is kept, because OpenTelemetry's counters cannot be set.
impl Series<Counter<u64>> {
    #[inline]
    fn counter(&self) -> &BoundCounter {
        self.bound(create)
    }
}

impl CounterFn for Series<Counter<u64>> {
    #[inline]
    fn increment(&self, value: u64) {
        self.value.fetch_add(value, Relaxed);
        self.counter().add(value);
    }

    fn absolute(&self, value: u64) {
        let before = self.value.fetch_max(value, Relaxed);
        self.counter().add(value.saturating_sub(before));
    }
}

fn create(family: &Family<Counter<u64>>) -> Counter<u64> {
    family.with_description(|it| {
        let builder = family.meter.u64_counter(family.name.clone());
        let builder = builder.with_unit(it.ucum());
        builder.with_description(it.help()).build()
    })
}
