//! Exponential histograms: their settings, and the values of one series.

mod atomic_buckets;
mod index;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gusset_data::ExponentialBuckets;

use self::atomic_buckets::{AtomicBuckets, publish};
use self::index::{ZERO_THRESHOLD, bucket_index};
pub use self::settings::ExponentialHistogram;
pub(super) use self::settings::ExponentialHistogramError;

/// The values of one series in exponential buckets.
///
/// Recording computes an index, which costs a look-up in two tables, adds to a bucket, and compares with the
/// least and the greatest value. It allocates for the first value of a scale, a shard or a sign.
#[derive(Debug)]
pub(super) struct ExponentialValue {
    settings: ExponentialHistogram,
    shards: Box<[Shard]>,
    positive: AtomicBuckets,
    /// Allocated for the first negative value, because most metrics have none.
    negative: OnceLock<Box<AtomicBuckets>>,
}

/// What is recorded besides the buckets. Two cache lines, because processors prefetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    zeros: AtomicU64,
    /// The bits of the least and the greatest value, or of infinities.
    min: AtomicU64,
    max: AtomicU64,
}

// === impl ExponentialValue ===

impl ExponentialValue {
    pub(super) fn new(settings: ExponentialHistogram, shards: usize) -> Self {
        Self {
            settings,
            shards: (0..shards).map(|_| Shard::new()).collect(),
            positive: AtomicBuckets::new(settings, shards),
            negative: OnceLock::new(),
        }
    }

    /// Records `count` equal values, which are finite.
    #[inline]
    pub(super) fn record(&self, shard: usize, value: f64, count: u64) {
        let of_shard = &self.shards[shard];
        if value < load(&of_shard.min) || value > load(&of_shard.max) {
            of_shard.extend(value);
        }
        if value > ZERO_THRESHOLD {
            self.positive.add(shard, bucket_index(value), count);
        } else if value >= -ZERO_THRESHOLD {
            of_shard.zeros.fetch_add(count, Relaxed);
        } else {
            self.record_negative(shard, -value, count);
        }
    }

    #[cold]
    #[inline(never)]
    fn record_negative(&self, shard: usize, magnitude: f64, count: u64) {
        let new = || Box::new(AtomicBuckets::new(self.settings, self.shards.len()));
        let negative = publish(&self.negative, new);
        negative.add(shard, bucket_index(magnitude), count);
    }

    /// Returns the buckets. Both signs have one scale, the greatest at which all values fit.
    pub(super) fn buckets(&self) -> ExponentialBuckets {
        let mut buckets = self.positive.read();
        if let Some(negative) = self.negative.get() {
            let mut negative = negative.read();
            std::mem::swap(&mut negative.positive, &mut negative.negative);
            buckets.merge(&negative);
        }
        let zeros = self.shards.iter().map(|shard| shard.zeros.load(Relaxed));
        buckets.zero_count = zeros.sum();
        buckets
    }

    /// Returns the least value, if there is one.
    pub(super) fn min(&self) -> Option<f64> {
        let all = self.shards.iter().map(|shard| load(&shard.min));
        all.reduce(f64::min).filter(|min| min.is_finite())
    }

    /// Returns the greatest value, if there is one.
    pub(super) fn max(&self) -> Option<f64> {
        let all = self.shards.iter().map(|shard| load(&shard.max));
        all.reduce(f64::max).filter(|max| max.is_finite())
    }
}

// === impl Shard ===

impl Shard {
    fn new() -> Self {
        Self {
            zeros: AtomicU64::new(0),
            min: AtomicU64::new(f64::INFINITY.to_bits()),
            max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        }
    }

    /// Extends the range of the values, unless another thread has done so.
    #[cold]
    #[inline(never)]
    fn extend(&self, value: f64) {
        let replace = |cell: &AtomicU64, is_beyond: fn(f64, f64) -> bool| {
            let _ = cell.fetch_update(Relaxed, Relaxed, |current| {
                is_beyond(value, f64::from_bits(current)).then_some(value.to_bits())
            });
        };
        replace(&self.min, |value, min| value < min);
        replace(&self.max, |value, max| value > max);
    }
}

#[inline]
fn load(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Relaxed))
}
