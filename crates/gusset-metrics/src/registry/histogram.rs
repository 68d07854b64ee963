//! The value of one series of a histogram.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use gusset_core::thread_number;
use gusset_data::{Exemplar, ExponentialBuckets};
use metrics::HistogramFn;

use super::Boundaries;
use super::exemplars::ExemplarReservoir;
use super::exponential::{ExponentialHistogram, ExponentialValue};
use super::sharded::{add_f64, shard_count};

/// The value of one series of a histogram: the count of each bucket, and the sum of the values.
///
/// Recording is a search among some fifteen boundaries, an atomic addition and an atomic exchange. It
/// neither allocates nor waits. There is no counter of all values: their count is the sum of the
/// buckets, so the two always agree.
///
/// The counts and the sum are sharded by thread, like counters. But each series has its own shards,
/// because its counts fill whole cache lines.
///
/// Values that are not finite are ignored, as in OpenTelemetry's SDKs: one NaN in the sum would make
/// every later rate NaN.
#[derive(Debug)]
pub struct HistogramValue {
    boundaries: Arc<Boundaries>,
    /// The first upper bound.
    first_bound: f64,
    /// The shards, one after the other. Each has the bits of the sum (an `f64`), the counts, and
    /// padding.
    cells: Box<[AtomicU64]>,
    /// The number of cells in a shard.
    stride: u32,
    /// One less than the number of shards, which is a power of two and at most eight.
    mask: u8,
    /// Whether a value below zero was recorded, so that the sum does not only grow.
    has_negative: AtomicBool,
    recording: Recording,
    has_exemplars: bool,
    exemplars: ExemplarReservoir,
    exponential: Option<Box<ExponentialValue>>,
}

/// What is recorded besides the bucket and the sum. One comparison of a byte, because most histograms have
/// exemplars alone and should not pay for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recording {
    Exemplars,
    Nothing,
    Exponential,
}

/// How the histograms of one metric count their values.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) boundaries: Arc<Boundaries>,
    pub(super) exponential: Option<ExponentialHistogram>,
}

/// The cells of one cache line.
///
/// A shard is padded to whole lines, and by one more because processors prefetch lines in pairs.
const CELLS_PER_LINE: usize = 8;

// === impl HistogramValue ===

impl HistogramValue {
    pub(super) fn new(layout: &Layout, exemplars: bool) -> Self {
        let boundaries = Arc::clone(&layout.boundaries);
        let stride =
            (1 + boundaries.bucket_count()).next_multiple_of(CELLS_PER_LINE) + CELLS_PER_LINE;
        // The bits of 0.0 are zero.
        let cells = (0..stride * shard_count())
            .map(|_| AtomicU64::new(0))
            .collect();
        let exponential = layout.exponential;
        let exponential = exponential.map(|it| Box::new(ExponentialValue::new(it, shard_count())));
        let recording = match (&exponential, exemplars) {
            (Some(_), _) => Recording::Exponential,
            (None, true) => Recording::Exemplars,
            (None, false) => Recording::Nothing,
        };
        Self {
            // `Boundaries` has at least one. Below zero, it is meant for negative values.
            first_bound: boundaries.upper_bounds()[0],
            has_negative: AtomicBool::new(boundaries.upper_bounds()[0] < 0.0),
            boundaries,
            cells,
            stride: u32::try_from(stride).expect("boundaries are fewer than 2^32"),
            mask: u8::try_from(shard_count() - 1).expect("there are at most eight shards"),
            recording,
            has_exemplars: exemplars,
            exemplars: ExemplarReservoir::default(),
            exponential,
        }
    }

    /// Returns the bucket boundaries.
    pub fn boundaries(&self) -> &Arc<Boundaries> {
        &self.boundaries
    }

    /// Returns the count of each bucket, not cumulative.
    pub fn bucket_counts(&self) -> impl Iterator<Item = u64> {
        (1..=self.boundaries.bucket_count()).map(|at| {
            let shards = self.cells.chunks_exact(self.stride());
            shards.map(|shard| shard[at].load(Relaxed)).sum()
        })
    }

    #[inline]
    fn stride(&self) -> usize {
        self.stride as usize
    }

    /// Returns the number of this thread's shard.
    #[inline]
    fn shard(&self) -> usize {
        thread_number() & usize::from(self.mask)
    }

    /// Returns the sum of all values.
    pub fn sum(&self) -> f64 {
        let shards = self.cells.chunks_exact(self.stride());
        shards
            .map(|shard| f64::from_bits(shard[0].load(Relaxed)))
            .sum()
    }

    /// Returns whether values may be below zero: one was, or the first boundary is.
    ///
    /// OpenMetrics and OTLP then have no sum, because it would not be a counter.
    pub fn has_negative_values(&self) -> bool {
        self.has_negative.load(Relaxed)
    }

    /// Returns the last value of each bucket that was recorded in a sampled span, with the index of
    /// the bucket.
    pub fn exemplars(&self) -> impl Iterator<Item = (usize, Exemplar)> {
        self.exemplars.all()
    }

    /// Returns the exponential buckets, if the metric has them: see [`ExponentialHistogram`].
    ///
    /// They have the same values as the other buckets, except for those that are recorded during the two reads.
    pub fn exponential_buckets(&self) -> Option<ExponentialBuckets> {
        self.exponential.as_ref().map(|it| it.buckets())
    }

    /// Returns the least value. `None` if there is none, or if the metric has no exponential buckets.
    pub fn min(&self) -> Option<f64> {
        self.exponential.as_ref()?.min()
    }

    /// Returns the greatest value, like [`min`](Self::min).
    pub fn max(&self) -> Option<f64> {
        self.exponential.as_ref()?.max()
    }

    /// Records `count` equal values with the sum `sum`.
    ///
    /// Always inlined, so that the constants of `record` are propagated: one shared copy costs ten of
    /// sixty instructions more.
    #[expect(clippy::inline_always, reason = "measured: ten instructions of sixty")]
    #[inline(always)]
    fn add(&self, value: f64, count: u64, sum: f64) {
        if count == 0 {
            return;
        }
        // Most values are in the first bucket, so it is checked before the search. Each branch tests only for
        // those values that are not finite and that it can have.
        let bucket = if value <= self.first_bound {
            if value < 0.0 {
                if value == f64::NEG_INFINITY {
                    return;
                }
                self.has_negative.store(true, Relaxed);
            }
            0
        } else if value <= f64::MAX {
            self.boundaries.bucket_index(value)
        } else {
            return;
        };
        let start = self.shard() * self.stride();
        let shard = &self.cells[start..];
        shard[1 + bucket].fetch_add(count, Relaxed);
        add_f64(&shard[0], sum);
        let has_more = match self.recording {
            Recording::Nothing => false,
            Recording::Exemplars => self.exemplars.accepts(bucket),
            Recording::Exponential => true,
        };
        if has_more {
            self.add_more(bucket, value, count);
        }
    }

    /// Adds to the exponential buckets and the exemplars. Not inlined, so that other histograms need no more
    /// registers: that would cost them ten instructions.
    #[inline(never)]
    fn add_more(&self, bucket: usize, value: f64, count: u64) {
        if self.has_exemplars && self.exemplars.accepts(bucket) {
            let bucket_count = self.boundaries.bucket_count();
            self.exemplars.record(bucket, bucket_count, value);
        }
        if let Some(exponential) = &self.exponential {
            exponential.record(self.shard(), value, count);
        }
    }
}

impl HistogramFn for HistogramValue {
    #[inline]
    fn record(&self, value: f64) {
        self.add(value, 1, value);
    }

    fn record_many(&self, value: f64, count: usize) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum of floats is not more exact"
        )]
        self.add(value, count as u64, value * count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram() -> HistogramValue {
        let layout = Layout {
            boundaries: Arc::new(Boundaries::new(&[1.0, 2.0]).unwrap()),
            exponential: None,
        };
        HistogramValue::new(&layout, true)
    }

    fn counts(histogram: &HistogramValue) -> Vec<u64> {
        histogram.bucket_counts().collect()
    }

    #[test]
    fn value_is_counted_in_its_bucket() {
        let histogram = histogram();
        for value in [0.5, 1.0, 1.5, 2.0, 2.5] {
            histogram.record(value);
        }
        assert_eq!(counts(&histogram), [2, 2, 1]);
        assert_eq!(histogram.sum(), 7.5);
    }

    #[test]
    fn record_many_equals_single_records() {
        let (single, many) = (histogram(), histogram());
        for _ in 0..8 {
            single.record(1.5);
        }
        many.record_many(1.5, 8);
        assert_eq!(counts(&many), counts(&single));
        assert_eq!(many.sum(), single.sum());
    }

    #[test]
    fn values_that_are_not_finite_are_ignored() {
        let histogram = histogram();
        histogram.record(1.5);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            histogram.record(value);
            histogram.record_many(value, 3);
        }
        histogram.record_many(f64::MAX, 0);
        assert_eq!(counts(&histogram), [0, 1, 0]);
        assert_eq!(histogram.sum(), 1.5);
    }

    #[test]
    fn ignored_value_leaves_no_exemplar() {
        let histogram = histogram();
        gusset_core::SpanIds::new([1; 16], [2; 8], true).scope(|| {
            histogram.record(f64::NAN);
            histogram.record_many(1.5, 0);
            assert_eq!(histogram.exemplars().count(), 0);
            histogram.record_many(1.5, 2);
        });
        let kept: Vec<_> = histogram
            .exemplars()
            .map(|(at, it)| (at, it.value))
            .collect();
        assert_eq!(kept, [(1, 1.5)]);
    }

    #[test]
    fn concurrent_records_are_all_counted() {
        let histogram = histogram();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.record(1.0)));
            }
        });
        assert_eq!(counts(&histogram), [40_000, 0, 0]);
        assert_eq!(histogram.sum(), 40_000.0);
    }
}
