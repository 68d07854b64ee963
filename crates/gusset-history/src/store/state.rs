//! The value of a series at one reading.

use gusset_data::{ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint};

/// Counts by key, without zeros, in the order of their keys.
pub(crate) type Counts = Box<[(i64, u64)]>;

/// The key of the values that an exponential histogram counts as zero.
const ZERO_KEY: i64 = i64::MIN;

/// The value of a series at one reading, without what all readings of the series have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// The value, or the sum of a histogram. Not a number if the sum is unknown.
    pub(crate) number: f64,
    /// The scale of an exponential histogram.
    pub(crate) scale: i32,
    /// The buckets of a histogram. The key of an exponential one is twice the index, and one more for
    /// values below zero, so that shifting the index keeps the sign.
    pub(crate) counts: Counts,
}

/// A value that has just been read. Its counts are in a buffer that is used again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewState<'a> {
    pub(crate) number: f64,
    pub(crate) scale: i32,
    pub(crate) counts: &'a [(i64, u64)],
}

// === impl State ===

impl State {
    /// Takes a new value over. Allocates only if other buckets have values.
    pub(crate) fn set(&mut self, now: NewState<'_>) {
        self.number = now.number;
        self.scale = now.scale;
        match self.counts.len() == now.counts.len() {
            true => self.counts.copy_from_slice(now.counts),
            false => self.counts = now.counts.into(),
        }
    }

    /// Adds to the counts.
    pub(crate) fn add(&mut self, added: &[(i64, u64)]) {
        let is_known = |(key, _): &(i64, u64)| self.counts.binary_search_by_key(key, |it| it.0);
        if added.iter().all(|it| is_known(it).is_ok()) {
            for (key, count) in added {
                if let Ok(at) = self.counts.binary_search_by_key(key, |it| it.0) {
                    self.counts[at].1 += count;
                }
            }
            return;
        }
        self.counts = merged(&self.counts, added).into();
    }

    /// Reduces the scale. The buckets that become one bucket are added up.
    pub(crate) fn set_scale(&mut self, scale: i32) {
        if self.scale > scale {
            self.counts = downscaled(&self.counts, self.scale.abs_diff(scale)).into();
        }
        self.scale = scale;
    }

    /// Returns the bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.counts)
    }
}

// === impl NewState ===

impl<'a> NewState<'a> {
    pub(crate) fn from_number(number: f64) -> Self {
        Self {
            number,
            scale: 0,
            counts: &[],
        }
    }

    pub(crate) fn from_histogram(
        point: &HistogramDataPoint,
        buffer: &'a mut Vec<(i64, u64)>,
    ) -> Self {
        buffer.clear();
        let counts = (0_i64..).zip(point.counts.iter().copied());
        buffer.extend(counts.filter(|(_, count)| *count > 0));
        Self {
            number: point.sum.unwrap_or(f64::NAN),
            scale: 0,
            counts: buffer,
        }
    }

    pub(crate) fn from_exponential(
        point: &ExponentialHistogramDataPoint,
        buffer: &'a mut Vec<(i64, u64)>,
    ) -> Self {
        buffer.clear();
        let ExponentialBuckets {
            scale,
            zero_count,
            positive,
            negative,
            ..
        } = &point.buckets;
        buffer.extend((*zero_count > 0).then_some((ZERO_KEY, *zero_count)));
        let key = |index: i32, sign: i64| 2 * i64::from(index) + sign;
        buffer.extend(positive.iter().map(|(at, count)| (key(at, 0), count)));
        buffer.extend(negative.iter().map(|(at, count)| (key(at, 1), count)));
        buffer.retain(|(_, count)| *count > 0);
        buffer.sort_unstable();
        Self {
            number: point.sum.unwrap_or(f64::NAN),
            scale: *scale,
            counts: buffer,
        }
    }
}

/// Returns the counts that were added since an earlier state, or `None` if a value is missing.
pub(crate) fn added_since(earlier: &[(i64, u64)], now: &[(i64, u64)]) -> Option<Vec<(i64, u64)>> {
    let mut added = Vec::new();
    let mut earlier = earlier.iter().peekable();
    for (key, count) in now {
        let before = match earlier.peek() {
            Some((earlier_key, _)) if earlier_key < key => return None,
            Some((earlier_key, before)) if earlier_key == key => *before,
            _ => 0,
        };
        if before > 0 {
            earlier.next();
        }
        match count.checked_sub(before)? {
            0 => {}
            more => added.push((*key, more)),
        }
    }
    earlier.next().is_none().then_some(added)
}

/// Returns the sums of both counts.
pub(crate) fn merged(a: &[(i64, u64)], b: &[(i64, u64)]) -> Vec<(i64, u64)> {
    let mut all = [a, b].concat();
    // Stable and adaptive: both parts are sorted already.
    all.sort_by_key(|(key, _)| *key);
    all.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 += next.1;
        }
        is_same
    });
    all
}

/// Returns the counts at a scale that is less by this number.
pub(crate) fn downscaled(counts: &[(i64, u64)], by: u32) -> Vec<(i64, u64)> {
    let mut fewer: Vec<_> = counts
        .iter()
        .map(|(key, count)| match *key {
            ZERO_KEY => (ZERO_KEY, *count),
            // The shift rounds down, also below zero. An index has 32 bits.
            key => ((((key >> 1) >> by.min(40)) << 1) | (key & 1), *count),
        })
        .collect();
    fewer.sort_unstable_by_key(|(key, _)| *key);
    merged(&fewer, &[])
}

/// Returns the index of a bucket of an exponential histogram, and whether its values are below zero. `None` is
/// the bucket of zeros.
pub(crate) fn exponential_index(key: i64) -> Option<(i32, bool)> {
    let index = i32::try_from(key >> 1).ok()?;
    (key != ZERO_KEY).then_some((index, key & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_value_is_not_an_addition() {
        let counts = [(1, 4), (3, 2)];
        assert_eq!(added_since(&counts, &counts), Some(vec![]));
        assert_eq!(
            added_since(&counts, &[(0, 1), (1, 4), (3, 5)]),
            Some(vec![(0, 1), (3, 3)])
        );
        for fewer in [
            &[(1, 3), (3, 2)][..],
            &[(1, 4)],
            &[(3, 2)],
            &[(1, 4), (4, 9)],
            &[],
        ] {
            assert_eq!(added_since(&counts, fewer), None, "{fewer:?}");
        }
    }

    #[test]
    fn lesser_scale_adds_pairs_of_buckets() {
        // The indices -3, -2 and -1 are in the buckets -2, -1 and -1.
        let counts = [(ZERO_KEY, 9), (-6, 1), (-5, 5), (-4, 2), (-2, 4)];
        let fewer = downscaled(&counts, 1);
        assert_eq!(fewer, [(ZERO_KEY, 9), (-4, 1), (-3, 5), (-2, 6)]);
        assert_eq!(exponential_index(-3), Some((-2, true)));
        assert_eq!(exponential_index(-2), Some((-1, false)));
        assert_eq!(exponential_index(ZERO_KEY), None);
    }

    #[test]
    fn counts_are_added_with_and_without_new_buckets() {
        let mut state = State::default();
        for added in [&[(2, 1), (5, 1)][..], &[(5, 2)], &[(0, 7), (5, 1)]] {
            state.add(added);
        }
        assert_eq!(&*state.counts, [(0, 7), (2, 1), (5, 4)]);
    }
}
