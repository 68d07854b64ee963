//! The buckets of a native histogram.

use gusset_data::BucketCounts;

use super::messages::BucketSpan;

/// Empty buckets that are written as zeros. A span of its own would take more bytes, and Prometheus's client
/// libraries have the same number.
const MAX_GAP: u32 = 2;

/// Returns the spans of adjacent buckets, and the difference of each count to the one before.
///
/// Prometheus's index of a bucket is one more than OpenTelemetry's: it counts upper bounds, and OpenTelemetry
/// lower ones.
pub(super) fn spans(buckets: &BucketCounts) -> (Vec<BucketSpan>, Vec<i64>) {
    let mut spans = Spans::default();
    for (index, count) in buckets.iter().filter(|(_, count)| *count > 0) {
        spans.push(index.saturating_add(1), count);
    }
    let all = spans.all.into_iter();
    let all = all.map(|(offset, length)| BucketSpan {
        offset: Some(offset),
        length: Some(length),
    });
    (all.collect(), spans.deltas)
}

#[derive(Default)]
struct Spans {
    /// The offsets and the lengths.
    all: Vec<(i32, u32)>,
    deltas: Vec<i64>,
    last_count: u64,
    /// The index after the last bucket.
    next: i32,
}

// === impl Spans ===

impl Spans {
    fn push(&mut self, index: i32, count: u64) {
        let gap = index.abs_diff(self.next);
        match self.all.last_mut() {
            Some((_, length)) if gap <= MAX_GAP => {
                *length += gap + 1;
                for _ in 0..gap {
                    self.push_count(0);
                }
            }
            // The first offset is an index, and the others are gaps.
            _ => self.all.push((index - self.next, 1)),
        }
        self.push_count(count);
        self.next = index.saturating_add(1);
    }

    fn push_count(&mut self, count: u64) {
        self.deltas.push(count.wrapping_sub(self.last_count) as i64);
        self.last_count = count;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads spans as Prometheus does: the index and the count of each bucket that is not empty.
    fn read((spans, deltas): (Vec<BucketSpan>, Vec<i64>)) -> Vec<(i32, u64)> {
        let (mut index, mut count, mut deltas) = (0, 0, deltas.into_iter());
        let mut buckets = Vec::new();
        for span in spans {
            index += span.offset.unwrap();
            for _ in 0..span.length.unwrap() {
                count += deltas.next().unwrap();
                buckets.push((index, count as u64));
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        buckets.retain(|(_, count)| *count > 0);
        buckets
    }

    proptest! {
        #[test]
        fn prometheus_reads_the_same_buckets(
            offset in -1000..1000,
            counts in prop::collection::vec(prop_oneof![Just(0), 0..9_u64, Just(1 << 60)], 0..50),
        ) {
            let buckets = BucketCounts { offset, counts };
            let expected = buckets.iter().map(|(index, count)| (index + 1, count));
            let expected: Vec<_> = expected.filter(|(_, count)| *count > 0).collect();
            prop_assert_eq!(read(spans(&buckets)), expected);
        }
    }

    #[test]
    fn short_gaps_are_filled_with_zeros() {
        let of = |counts: &[u64]| {
            let (spans, deltas) = spans(&BucketCounts {
                offset: -4,
                counts: counts.to_vec(),
            });
            let spans = spans.into_iter();
            let spans = spans.map(|it| (it.offset.unwrap(), it.length.unwrap()));
            (spans.collect::<Vec<_>>(), deltas)
        };
        assert_eq!(of(&[]), (vec![], vec![]));
        assert_eq!(of(&[0, 0]), (vec![], vec![]));
        assert_eq!(of(&[3, 0, 0, 1]), (vec![(-3, 4)], vec![3, -3, 0, 1]));
        assert_eq!(of(&[3, 0, 0, 0, 1]), (vec![(-3, 1), (3, 1)], vec![3, -2]));
    }
}
