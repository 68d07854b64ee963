//! The distribution of how late a timer fired.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in seconds. A timer of Tokio has a resolution of 1 ms.
pub(super) const BOUNDS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0,
];

const BUCKETS: usize = BOUNDS.len() + 1;

/// The times since the start. One task writes, and any thread reads.
#[derive(Debug, Default)]
pub(super) struct LagHistogram {
    counts: [AtomicU64; BUCKETS],
    sum_nanos: AtomicU64,
    /// The greatest time since it was last taken.
    max_nanos: AtomicU64,
}

/// How many times each bucket has.
pub(super) type Counts = [u64; BUCKETS];

// === impl LagHistogram ===

impl LagHistogram {
    pub(super) fn record(&self, lag: Duration) {
        let seconds = lag.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        let nanos = u64::try_from(lag.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
        self.max_nanos.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        std::array::from_fn(|bucket| self.counts[bucket].load(Ordering::Relaxed))
    }

    pub(super) fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_nanos.load(Ordering::Relaxed))
    }

    /// Returns the greatest time since the last call.
    pub(super) fn take_max(&self) -> Duration {
        Duration::from_nanos(self.max_nanos.swap(0, Ordering::Relaxed))
    }
}

/// Returns a quantile of the times between two readings: interpolated within its bucket, as Prometheus does, and at
/// most `max`. `None` if there were no times.
#[expect(clippy::cast_precision_loss, reason = "a quantile is an estimate")]
pub(super) fn quantile(
    quantile: f64,
    previous: &Counts,
    now: &Counts,
    max: Duration,
) -> Option<Duration> {
    let counts: Vec<u64> = (now.iter().zip(previous))
        .map(|(now, previous)| now - previous)
        .collect();
    let total: u64 = counts.iter().sum();
    let rank = quantile * total as f64;
    let mut below = 0.0;
    for (bucket, count) in counts.iter().enumerate() {
        let count = *count as f64;
        if count > 0.0 && below + count >= rank {
            let start = bucket.checked_sub(1).map_or(0.0, |before| BOUNDS[before]);
            let end = BOUNDS.get(bucket).copied();
            let end = end.unwrap_or(f64::INFINITY).min(max.as_secs_f64());
            let estimate = start + (end - start).max(0.0) * (rank - below) / count;
            return Some(Duration::from_secs_f64(estimate).min(max));
        }
        below += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: Counts = [0; BUCKETS];

    #[test]
    fn quantile_of_no_times_is_unknown() {
        assert_eq!(quantile(0.99, &NONE, &NONE, Duration::ZERO), None);
    }

    #[test]
    fn quantile_is_of_the_times_between_two_readings() {
        let histogram = LagHistogram::default();
        histogram.record(Duration::from_secs(4));
        let previous = histogram.counts();
        histogram.take_max();
        for _ in 0..1000 {
            histogram.record(Duration::from_micros(900));
        }
        let p99 = quantile(0.99, &previous, &histogram.counts(), histogram.take_max());
        assert!(
            p99.is_some_and(|p99| p99 <= Duration::from_millis(1)),
            "{p99:?}"
        );
    }

    #[test]
    fn time_above_all_bounds_is_the_greatest() {
        let histogram = LagHistogram::default();
        histogram.record(Duration::from_secs(60));
        let p99 = quantile(1.0, &NONE, &histogram.counts(), histogram.take_max());
        assert_eq!(p99, Some(Duration::from_secs(60)));
        assert_eq!(histogram.sum(), Duration::from_secs(60));
    }

    proptest! {
        #[test]
        fn quantile_is_in_the_bucket_of_the_exact_one(mut lags in prop::collection::vec(0..10_000_u64, 1..200)) {
            let histogram = LagHistogram::default();
            for millis in &lags {
                histogram.record(Duration::from_millis(*millis));
            }
            let max = histogram.take_max();
            let estimate = quantile(0.99, &NONE, &histogram.counts(), max).expect("there are times");
            lags.sort_unstable();
            let rank = (lags.len() * 99).div_ceil(100).max(1);
            let exact = Duration::from_millis(lags[rank - 1]).as_secs_f64();
            let bucket = BOUNDS.partition_point(|bound| *bound < exact);
            let start = bucket.checked_sub(1).map_or(0.0, |before| BOUNDS[before]);
            let end = BOUNDS.get(bucket).copied().unwrap_or(f64::INFINITY);
            let estimate = estimate.as_secs_f64();
            prop_assert!(start <= estimate && estimate <= end, "{estimate} is not from {start} to {end}");
            prop_assert!(estimate <= max.as_secs_f64());
        }
    }
}
