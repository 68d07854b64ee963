//! Exponential histograms: buckets with boundaries that are powers of one base.

/// The buckets of an exponential histogram.
///
/// All boundaries are powers of one base, `2^(2^-scale)`. The bucket with index `i` has the values above
/// `base^i`, up to and including `base^(i+1)`. With a scale that is one less, each pair of buckets is one
/// bucket, so histograms of different scales can be added up without an error.
///
/// This is OpenTelemetry's [data model]. Prometheus's schema is the scale; its index of a bucket is one more,
/// because it counts upper bounds.
///
/// ```
/// use gusset_data::{BucketCounts, ExponentialBuckets};
///
/// // Scale 1: the buckets (1, √2], (√2, 2] and (2, 2√2].
/// let mut fine = ExponentialBuckets::new(1, 0.0);
/// fine.positive = BucketCounts { offset: 0, counts: vec![3, 1, 2] };
/// // Scale 0: the bucket (2, 4].
/// let mut coarse = ExponentialBuckets::new(0, 0.0);
/// coarse.positive = BucketCounts { offset: 1, counts: vec![10] };
///
/// fine.merge(&coarse);
/// assert_eq!(fine.scale, 0);
/// assert_eq!(fine.positive, BucketCounts { offset: 0, counts: vec![4, 12] });
/// assert_eq!(fine.count(), 16);
/// ```
///
/// [data model]: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct ExponentialBuckets {
    /// The scale.
    pub scale: i32,
    /// The greatest magnitude that is counted as zero.
    pub zero_threshold: f64,
    /// The number of values that are zero, or whose magnitude is at most the threshold.
    pub zero_count: u64,
    /// The buckets of values above zero.
    pub positive: BucketCounts,
    /// The buckets of values below zero, by their magnitude.
    pub negative: BucketCounts,
}

/// The counts of adjacent buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "as for the metric")]
pub struct BucketCounts {
    /// The index of the first bucket.
    pub offset: i32,
    /// The number of values in each bucket.
    pub counts: Vec<u64>,
}

// === impl ExponentialBuckets ===

impl ExponentialBuckets {
    /// Creates buckets without values.
    pub const fn new(scale: i32, zero_threshold: f64) -> Self {
        Self {
            scale,
            zero_threshold,
            zero_count: 0,
            positive: BucketCounts::EMPTY,
            negative: BucketCounts::EMPTY,
        }
    }

    /// Returns the number of values.
    pub fn count(&self) -> u64 {
        self.zero_count + self.positive.total() + self.negative.total()
    }

    /// Returns the greatest relative error of a value that is estimated from its bucket, for example of a
    /// quantile: `(base - 1) / (base + 1)`.
    ///
    /// The best estimate is the harmonic mean of the two boundaries. An estimate at one boundary, or between
    /// them, has less than about twice this error.
    ///
    /// ```
    /// let percent = |scale| {
    ///     let error = gusset_data::ExponentialBuckets::relative_error(scale);
    ///     format!("{:.2} %", 100.0 * error)
    /// };
    /// assert_eq!(percent(8), "0.14 %");
    /// assert_eq!(percent(5), "1.08 %");
    /// assert_eq!(percent(3), "4.33 %");
    /// assert_eq!(percent(0), "33.33 %");
    /// ```
    pub fn relative_error(scale: i32) -> f64 {
        // `(base - 1) / (base + 1)` loses digits near base 1 and is not a number for a base that overflows.
        // With `base = e^x` it is `tanh(x / 2)`.
        (f64::ln(2.0) * (-f64::from(scale)).exp2() / 2.0).tanh()
    }

    /// Reduces the scale, which halves the number of buckets with each step. Does nothing if the scale is not
    /// greater.
    pub fn downscale_to(&mut self, scale: i32) {
        let by = self.scale.saturating_sub(scale);
        if by > 0 {
            self.positive.downscale(by);
            self.negative.downscale(by);
            self.scale = scale;
        }
    }

    /// Adds the values of another histogram. The result has the lesser scale.
    ///
    /// Both should have one threshold of zero. The result has the greater one.
    pub fn merge(&mut self, other: &Self) {
        self.downscale_to(other.scale);
        let by = other.scale.saturating_sub(self.scale);
        let side = |own: &mut BucketCounts, counts: &BucketCounts| {
            let mut counts = counts.clone();
            counts.downscale(by);
            own.merge(&counts);
        };
        side(&mut self.positive, &other.positive);
        side(&mut self.negative, &other.negative);
        self.zero_count += other.zero_count;
        self.zero_threshold = self.zero_threshold.max(other.zero_threshold);
    }

    /// Returns the values that were added since an earlier state of this histogram, whose scale may be greater.
    ///
    /// Returns `None` if the earlier state has a value that this one lacks, so it is not one of this histogram.
    ///
    /// ```
    /// use gusset_data::{BucketCounts, ExponentialBuckets};
    ///
    /// let mut earlier = ExponentialBuckets::new(1, 0.0);
    /// earlier.positive = BucketCounts { offset: 0, counts: vec![3, 1] };
    /// let mut now = ExponentialBuckets::new(0, 0.0);
    /// now.positive = BucketCounts { offset: 0, counts: vec![5, 7] };
    ///
    /// let added = now.since(&earlier).expect("no value is missing");
    /// assert_eq!(added.positive, BucketCounts { offset: 0, counts: vec![1, 7] });
    /// assert_eq!(earlier.since(&now), None);
    /// ```
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        let mut earlier = earlier.clone();
        earlier.downscale_to(self.scale);
        let is_same_kind =
            earlier.scale == self.scale && earlier.zero_threshold == self.zero_threshold;
        if !is_same_kind {
            return None;
        }
        Some(Self {
            scale: self.scale,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count.checked_sub(earlier.zero_count)?,
            positive: self.positive.since(&earlier.positive)?,
            negative: self.negative.since(&earlier.negative)?,
        })
    }
}

// === impl BucketCounts ===

impl BucketCounts {
    const EMPTY: Self = Self {
        offset: 0,
        counts: Vec::new(),
    };

    /// Returns the number of values.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the count of each bucket, with the index of the bucket.
    pub fn iter(&self) -> impl Iterator<Item = (i32, u64)> {
        (self.offset..=i32::MAX).zip(self.counts.iter().copied())
    }

    /// Makes one bucket of `2^by` buckets.
    fn downscale(&mut self, by: i32) {
        // An index has 32 bits, and shifting by more is not defined.
        let by = by.clamp(0, 31);
        if by == 0 || self.counts.is_empty() {
            return;
        }
        // The shift rounds down, also below zero.
        let first = self.offset >> by;
        let mut counts = Vec::new();
        for (index, count) in self.iter() {
            let at = index.wrapping_shr(by.unsigned_abs()).abs_diff(first) as usize;
            if at == counts.len() {
                counts.push(0);
            }
            counts[at] += count;
        }
        *self = Self {
            offset: first,
            counts,
        };
    }

    fn since(&self, earlier: &Self) -> Option<Self> {
        let mut added = self.clone();
        for (index, count) in earlier.iter().filter(|(_, count)| *count > 0) {
            let at = usize::try_from(index.checked_sub(self.offset)?).ok()?;
            let own = added.counts.get_mut(at)?;
            *own = own.checked_sub(count)?;
        }
        Some(added)
    }

    /// Adds the values of other buckets of the same scale.
    fn merge(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        if self.counts.is_empty() {
            self.clone_from(other);
            return;
        }
        let before = self.offset.saturating_sub(other.offset).max(0);
        self.counts
            .splice(0..0, std::iter::repeat_n(0, before.unsigned_abs() as usize));
        self.offset -= before;
        let skipped = other.offset.abs_diff(self.offset) as usize;
        let end = skipped + other.counts.len();
        if end > self.counts.len() {
            self.counts.resize(end, 0);
        }
        for (own, count) in self.counts[skipped..].iter_mut().zip(&other.counts) {
            *own += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The buckets with values, by index.
    type Model = BTreeMap<i32, u64>;

    fn buckets() -> impl Strategy<Value = BucketCounts> {
        (-100..100, prop::collection::vec(0_u64..5, 0..40))
            .prop_map(|(offset, counts)| BucketCounts { offset, counts })
    }

    fn histogram() -> impl Strategy<Value = ExponentialBuckets> {
        (-10..=8, 0_u64..5, buckets(), buckets()).prop_map(
            |(scale, zero_count, positive, negative)| ExponentialBuckets {
                scale,
                zero_threshold: 0.0,
                zero_count,
                positive,
                negative,
            },
        )
    }

    fn model(buckets: &BucketCounts, by: i32) -> Model {
        let mut model = Model::new();
        for (index, count) in buckets.iter().filter(|(_, count)| *count > 0) {
            // The slow way: the floor of a quotient.
            let index = (f64::from(index) / f64::from(by).exp2()).floor();
            *model.entry(index as i32).or_default() += count;
        }
        model
    }

    proptest! {
        #[test]
        fn lesser_scale_makes_one_bucket_of_several(buckets in buckets(), by in 0..12) {
            let mut fewer = buckets.clone();
            fewer.downscale(by);
            prop_assert_eq!(model(&fewer, 0), model(&buckets, by));
            prop_assert!(fewer.counts.len() <= buckets.counts.len());
        }

        #[test]
        fn earlier_state_and_added_values_are_the_whole(earlier in histogram(), added in histogram()) {
            let mut now = earlier.clone();
            now.merge(&added);
            let since = now.since(&earlier).expect("no value is missing");
            let mut expected = added;
            expected.downscale_to(now.scale);
            prop_assert_eq!(since.zero_count, expected.zero_count);
            prop_assert_eq!(model(&since.positive, 0), model(&expected.positive, 0));
            prop_assert_eq!(model(&since.negative, 0), model(&expected.negative, 0));
        }

        #[test]
        fn merged_histogram_has_the_values_of_both(a in histogram(), b in histogram()) {
            let mut merged = a.clone();
            merged.merge(&b);
            let scale = a.scale.min(b.scale);
            prop_assert_eq!(merged.scale, scale);
            prop_assert_eq!(merged.count(), a.count() + b.count());
            let mut positive = model(&a.positive, a.scale - scale);
            for (index, count) in model(&b.positive, b.scale - scale) {
                *positive.entry(index).or_default() += count;
            }
            prop_assert_eq!(model(&merged.positive, 0), positive);
            // The order does not matter.
            let mut other_way = b.clone();
            other_way.merge(&a);
            prop_assert_eq!(model(&other_way.negative, 0), model(&merged.negative, 0));
            prop_assert_eq!(other_way.zero_count, merged.zero_count);
        }
    }

    #[test]
    fn state_with_other_values_is_not_an_earlier_one() {
        let of = |offset, count| {
            let mut histogram = ExponentialBuckets::new(0, 0.0);
            histogram.positive = BucketCounts {
                offset,
                counts: vec![count],
            };
            histogram
        };
        let now = of(3, 5);
        assert!(now.since(&of(3, 5)).is_some());
        for other in [
            of(3, 6),
            of(2, 1),
            of(4, 1),
            ExponentialBuckets::new(-1, 0.0),
        ] {
            assert_eq!(now.since(&other), None, "{other:?}");
        }
        let mut zeros = ExponentialBuckets::new(0, 0.0);
        zeros.zero_count = 1;
        assert_eq!(now.since(&zeros), None);
    }

    #[test]
    fn greater_scale_changes_nothing() {
        let mut histogram = ExponentialBuckets::new(3, 0.0);
        histogram.positive = BucketCounts {
            offset: -7,
            counts: vec![1, 2],
        };
        let before = histogram.clone();
        histogram.downscale_to(5);
        assert_eq!(histogram, before);
    }

    #[test]
    fn extreme_scales_and_indices_do_not_overflow() {
        let mut histogram = ExponentialBuckets::new(i32::MAX, 0.0);
        for offset in [i32::MIN, i32::MAX - 1] {
            histogram.positive = BucketCounts {
                offset,
                counts: vec![1, 2],
            };
            histogram.downscale_to(i32::MIN);
            assert_eq!(histogram.count(), 3);
            histogram.scale = 0;
        }
        assert_eq!(ExponentialBuckets::relative_error(i32::MIN), 1.0);
        assert_eq!(ExponentialBuckets::relative_error(i32::MAX), 0.0);
    }
}
