//! One series of a histogram.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use gusset_data::Exemplar;
use metrics::HistogramFn;

use super::Bounds;
use super::exemplars::Exemplars;
use super::shares::{add, thread};

/// The counts of one series: a number for each bucket, and the sum of what was recorded.
///
/// A record is a search among some fifteen numbers, one addition and one exchange; it neither
/// allocates nor waits. There is no counter of all samples: the count is the sum of the buckets,
/// read in one pass, so that the count and the buckets agree whenever they are read.
///
/// The numbers are kept once for each of a few shares of threads, and added up when they are read:
/// two processors that write to one line of the cache take ten times as long.
///
/// A value that is not finite is not a measurement, and counts nowhere: one NaN in `_sum` would
/// make every later rate NaN too, and OpenTelemetry's SDKs leave such values out as well.
#[derive(Debug)]
pub struct HistogramCell {
    bounds: Arc<Bounds>,
    /// The first end.
    first: f64,
    /// One share after the other: the bits of the sum, an `f64`, then the counts, then padding.
    cells: Box<[AtomicU64]>,
    /// The cells of one share.
    stride: usize,
    /// One less than the number of shares, which is a power of two.
    mask: usize,
    /// None if they are not kept.
    exemplars: Option<Exemplars>,
}

/// A line of the cache, in cells; and twice that, for processors fetch lines in pairs.
const LINE: usize = 8;

// === impl HistogramCell ===

impl HistogramCell {
    pub(super) fn new(bounds: Arc<Bounds>, exemplars: bool) -> Self {
        let stride = (1 + bounds.buckets()).next_multiple_of(LINE) + LINE;
        // The bits of 0.0 are zero.
        let cells = (0..stride * shares()).map(|_| AtomicU64::new(0)).collect();
        Self {
            // There is one: `Bounds` refuses to be none.
            first: bounds.ends()[0],
            bounds,
            cells,
            stride,
            mask: shares() - 1,
            exemplars: exemplars.then(Exemplars::default),
        }
    }

    /// The ends of the buckets.
    pub fn bounds(&self) -> &Arc<Bounds> {
        &self.bounds
    }

    /// What each bucket holds, without the buckets below it.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        (1..=self.bounds.buckets()).map(|at| {
            let shares = self.cells.chunks_exact(self.stride);
            shares.map(|share| share[at].load(Relaxed)).sum()
        })
    }

    /// All that was recorded, added up.
    pub fn sum(&self) -> f64 {
        let shares = self.cells.chunks_exact(self.stride);
        shares
            .map(|share| f64::from_bits(share[0].load(Relaxed)))
            .sum()
    }

    /// The last value of each bucket that was recorded inside a sampled span, with the number of the
    /// bucket. A value stays until the next takes its place.
    pub fn exemplars(&self) -> impl Iterator<Item = (usize, Exemplar)> {
        self.exemplars.iter().flat_map(Exemplars::all)
    }

    /// Inlined always: two callers would else share one that is told what `record` knows.
    #[expect(clippy::inline_always, reason = "measured: ten instructions of sixty")]
    #[inline(always)]
    fn add(&self, value: f64, times: u64, added: f64) {
        if !value.is_finite() || times == 0 {
            return;
        }
        let share = &self.cells[(thread() & self.mask) * self.stride..];
        // Most calls are fast: the first bucket is worth a look before the search.
        let bucket = if value <= self.first {
            0
        } else {
            self.bounds.bucket_of(value)
        };
        share[1 + bucket].fetch_add(times, Relaxed);
        add(&share[0], added);
        if let Some(exemplars) = &self.exemplars {
            exemplars.offer(bucket, self.bounds.buckets(), value);
        }
    }
}

/// How many shares there are: one a processor, up to eight; a power of two.
fn shares() -> usize {
    static SHARES: OnceLock<usize> = OnceLock::new();
    *SHARES.get_or_init(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        processors.min(8).next_power_of_two()
    })
}

impl HistogramFn for HistogramCell {
    #[inline]
    fn record(&self, value: f64) {
        self.add(value, 1, value);
    }

    fn record_many(&self, value: f64, count: usize) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum of floats is no more exact"
        )]
        self.add(value, count as u64, value * count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> HistogramCell {
        HistogramCell::new(Arc::new(Bounds::new(&[1.0, 2.0]).unwrap()), true)
    }

    fn counts(buckets: &HistogramCell) -> Vec<u64> {
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
    fn what_counts_nowhere_leaves_no_exemplar() {
        let buckets = buckets();
        gusset_core::SpanIds::new([1; 16], [2; 8], true).scope(|| {
            buckets.record(f64::NAN);
            buckets.record_many(1.5, 0);
            assert_eq!(buckets.exemplars().count(), 0);
            buckets.record_many(1.5, 2);
        });
        let kept: Vec<_> = buckets.exemplars().map(|(at, it)| (at, it.value)).collect();
        assert_eq!(kept, [(1, 1.5)]);
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
