//! Values of a histogram, and their quantiles.

use std::sync::Arc;

use crate::store::Layout;
use crate::store::state::{downscaled, exponential_index, merged};

/// Values that were added to histograms: how many there are in each bucket.
///
/// ```
/// # use gusset_history::Selection;
/// # fn f(requests: &Selection) {
/// if let Some(durations) = requests.distribution() {
///     let p99 = durations.quantile(0.99);
///     let in_time = durations.at_most(0.25) / durations.count();
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Distribution {
    buckets: Buckets,
    counts: Vec<(i64, u64)>,
    sum: f64,
}

#[derive(Clone, Debug)]
enum Buckets {
    Explicit(Arc<[f64]>),
    /// The scale, if there are values.
    Exponential(Option<i32>),
}

/// A bucket: its limits, and the number of its values.
type Bucket = (f64, f64, f64);

// === impl Distribution ===

impl Distribution {
    /// Creates a distribution without values, or returns `None` for a metric that is not a histogram.
    pub(super) fn new(layout: &Layout) -> Option<Self> {
        let buckets = match layout {
            Layout::Number(_) => return None,
            Layout::Histogram(bounds) => Buckets::Explicit(bounds.clone()),
            Layout::ExponentialHistogram => Buckets::Exponential(None),
        };
        Some(Self {
            buckets,
            counts: Vec::new(),
            sum: 0.0,
        })
    }

    pub(super) fn add(&mut self, scale: i32, counts: &[(i64, u64)], sum: f64) {
        self.sum += sum;
        if let Buckets::Exponential(own) = &mut self.buckets {
            let least = own.map_or(scale, |own| own.min(scale));
            if let Some(own) = own.filter(|own| *own > least) {
                self.counts = downscaled(&self.counts, own.abs_diff(least));
            }
            *own = Some(least);
            if scale > least {
                let counts = downscaled(counts, scale.abs_diff(least));
                self.counts = merged(&self.counts, &counts);
                return;
            }
        }
        self.counts = merged(&self.counts, counts);
    }

    /// Returns the number of values.
    #[expect(clippy::cast_precision_loss, reason = "2^53 values take centuries")]
    pub fn count(&self) -> f64 {
        self.counts.iter().map(|(_, count)| *count).sum::<u64>() as f64
    }

    /// Returns the sum of the values, or `None` if it is not known because some are negative.
    pub fn sum(&self) -> Option<f64> {
        (!self.sum.is_nan()).then_some(self.sum)
    }

    /// Returns the mean, or `None` without values or without their sum.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        self.sum().filter(|_| count > 0.0).map(|sum| sum / count)
    }

    /// Returns an estimate of a quantile, from 0 to 1, or `None` without values.
    ///
    /// It is exact up to the bucket. Within one, values are taken to be spread evenly, as in Prometheus's
    /// `histogram_quantile`: the first bucket begins at 0 if its boundary is above, and a quantile in the last
    /// bucket, which has no boundary, is the boundary before it.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let buckets = self.sorted_buckets();
        let count: f64 = buckets.iter().map(|(_, _, count)| count).sum();
        let rank = q.clamp(0.0, 1.0) * count;
        let mut below = 0.0;
        let mut result = None;
        for (lower, upper, count) in buckets {
            if below + count >= rank {
                let share = ((rank - below) / count).clamp(0.0, 1.0);
                return Some(between(lower, upper, share));
            }
            below += count;
            result = Some(between(lower, upper, 1.0));
        }
        // The ranks were rounded.
        result
    }

    /// Returns the number of values that are at most this value: exact at the boundary of a bucket, and estimated
    /// between two.
    pub fn at_most(&self, value: f64) -> f64 {
        let buckets = self.sorted_buckets().into_iter();
        let counts = buckets.map(|(lower, upper, count)| {
            if value >= upper {
                count
            } else if value <= lower || upper.is_infinite() {
                0.0
            } else {
                count * (value - lower) / (upper - lower)
            }
        });
        counts.sum()
    }

    /// Returns the buckets with values, ascending.
    #[expect(clippy::cast_precision_loss, reason = "2^53 values take centuries")]
    fn sorted_buckets(&self) -> Vec<Bucket> {
        let buckets = self.counts.iter().map(|(key, count)| {
            let (lower, upper) = match &self.buckets {
                Buckets::Explicit(bounds) => explicit_limits(bounds, *key),
                Buckets::Exponential(scale) => exponential_limits(scale.unwrap_or(0), *key),
            };
            (lower, upper, *count as f64)
        });
        let mut buckets: Vec<_> = buckets.collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        buckets
    }
}

/// Returns the value at this share of a bucket.
fn between(lower: f64, upper: f64, share: f64) -> f64 {
    match (lower.is_infinite(), upper.is_infinite()) {
        (_, true) => lower,
        (true, false) => upper,
        (false, false) => lower + (upper - lower) * share,
    }
}

fn explicit_limits(bounds: &[f64], key: i64) -> (f64, f64) {
    let at = usize::try_from(key).unwrap_or(usize::MAX);
    let upper = bounds.get(at).copied().unwrap_or(f64::INFINITY);
    let lower = match at.checked_sub(1) {
        Some(before) => bounds.get(before).copied().unwrap_or(f64::INFINITY),
        // Durations and sizes are not negative.
        None if upper > 0.0 => 0.0,
        None => f64::NEG_INFINITY,
    };
    (lower, upper)
}

fn exponential_limits(scale: i32, key: i64) -> (f64, f64) {
    let Some((index, is_negative)) = exponential_index(key) else {
        return (0.0, 0.0);
    };
    let power = |index: i64| (index as f64 * (-f64::from(scale)).exp2()).exp2();
    let (lower, upper) = (power(index.into()), power(i64::from(index) + 1));
    match is_negative {
        true => (-upper, -lower),
        false => (lower, upper),
    }
}
