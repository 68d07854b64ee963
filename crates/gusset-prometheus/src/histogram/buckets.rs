//! One series of a histogram.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::HistogramFn;

use super::Bounds;

/// The counts of one series: a number for each bucket, and the sum of what was recorded.
///
/// A record is a search among some fifteen numbers, one addition and one exchange; it neither
/// allocates nor waits. There is no counter of all samples: the count is the sum of the buckets,
/// read in one pass, so that `_count` and the bucket `+Inf` agree on every page.
///
/// A value that is not finite is not a measurement, and counts nowhere: one NaN in `_sum` would
/// make every later rate NaN too, and OpenTelemetry's SDKs leave such values out as well.
#[derive(Debug)]
pub(crate) struct Buckets {
    bounds: Arc<Bounds>,
    counts: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
}

// === impl Buckets ===

impl Buckets {
    pub(crate) fn new(bounds: Arc<Bounds>) -> Self {
        let counts = (0..bounds.buckets()).map(|_| AtomicU64::new(0)).collect();
        Self {
            bounds,
            counts,
            sum: AtomicU64::new(0.0_f64.to_bits()),
        }
    }

    pub(crate) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// What each bucket holds, without the buckets below it.
    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().map(|count| count.load(Relaxed))
    }

    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Relaxed))
    }

    fn add(&self, value: f64, times: u64) {
        if !value.is_finite() || times == 0 {
            return;
        }
        self.counts[self.bounds.bucket_of(value)].fetch_add(times, Relaxed);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum of floats is no more exact"
        )]
        let added = value * times as f64;
        let mut seen = self.sum.load(Relaxed);
        loop {
            let sum = (f64::from_bits(seen) + added).to_bits();
            match self.sum.compare_exchange_weak(seen, sum, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        self.add(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.add(value, count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> Buckets {
        Buckets::new(Arc::new(Bounds::new(&[1.0, 2.0]).unwrap()))
    }

    fn counts(buckets: &Buckets) -> Vec<u64> {
        buckets.counts().collect()
    }

    #[test]
    fn values_land_in_the_bucket_whose_end_they_do_not_exceed() {
        let buckets = buckets();
        for value in [0.5, 1.0, 1.5, 2.0, 2.5] {
            buckets.record(value);
        }
        assert_eq!(counts(&buckets), [2, 2, 1]);
        assert_eq!(buckets.sum(), 7.5);
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let (one_by_one, at_once) = (buckets(), buckets());
        for _ in 0..8 {
            one_by_one.record(1.5);
        }
        at_once.record_many(1.5, 8);
        assert_eq!(counts(&at_once), counts(&one_by_one));
        assert_eq!(at_once.sum(), one_by_one.sum());
    }

    #[test]
    fn what_is_not_finite_counts_nowhere_and_leaves_the_sum_alone() {
        let buckets = buckets();
        buckets.record(1.5);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            buckets.record(value);
            buckets.record_many(value, 3);
        }
        buckets.record_many(f64::MAX, 0);
        assert_eq!(counts(&buckets), [0, 1, 0]);
        assert_eq!(buckets.sum(), 1.5);
    }

    #[test]
    fn threads_lose_nothing() {
        let buckets = buckets();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| buckets.record(1.0)));
            }
        });
        assert_eq!(counts(&buckets), [40_000, 0, 0]);
        assert_eq!(buckets.sum(), 40_000.0);
    }
}
