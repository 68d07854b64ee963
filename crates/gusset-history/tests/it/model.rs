//! The obvious and slow way: every reading is kept as it is.

use std::time::{Duration, Instant};

/// One series of the model: its value at each reading, with the start of the series.
pub(crate) type Column<V> = Vec<Option<(u64, V)>>;

/// All readings, uncompressed.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) readings: Vec<Instant>,
    pub(crate) counters: Vec<Column<f64>>,
    pub(crate) histograms: Vec<Column<(Vec<u64>, f64)>>,
}

impl Model {
    /// Returns the readings of a window, the first one being where increases begin.
    pub(crate) fn indices(
        &self,
        end: Instant,
        length: Duration,
        max_gap: Duration,
    ) -> (Vec<usize>, bool) {
        let start = end.checked_sub(length);
        let is_in = |at: &Instant| *at <= end && start.is_none_or(|start| *at > start);
        let all = 0..self.readings.len();
        let mut indices: Vec<_> = all.filter(|at| is_in(&self.readings[*at])).collect();
        let mut has_baseline = false;
        if let Some(first) = indices.first().copied().filter(|first| *first > 0) {
            has_baseline = self.readings[first] - self.readings[first - 1] <= max_gap;
            if has_baseline {
                indices.insert(0, first - 1);
            }
        }
        (indices, has_baseline)
    }

    /// Returns what a counter added in these readings.
    pub(crate) fn increase(column: &Column<f64>, indices: &[usize]) -> f64 {
        let added = |at: usize| {
            let (start, value) = column[at]?;
            Some(match column[..at].iter().rev().flatten().next() {
                Some((before, _)) if *before != start => value,
                Some((_, before)) if value < *before => value,
                Some((_, before)) => value - before,
                None => value,
            })
        };
        indices.iter().skip(1).filter_map(|at| added(*at)).sum()
    }

    /// Returns what was added to the buckets and the sum of a histogram in these readings.
    pub(crate) fn added_values(
        column: &Column<(Vec<u64>, f64)>,
        indices: &[usize],
    ) -> (Vec<u64>, f64) {
        let mut all: (Vec<u64>, f64) = (vec![0; 4], 0.0);
        for at in indices.iter().skip(1) {
            let Some((start, (counts, sum))) = &column[*at] else {
                continue;
            };
            let before = column[..*at].iter().rev().flatten().next();
            let zero = (vec![0; 4], 0.0);
            let before = match before {
                Some((before_start, before))
                    if before_start == start && (0..4).all(|i| before.0[i] <= counts[i]) =>
                {
                    before
                }
                _ => &zero,
            };
            for (all, (now, before)) in all.0.iter_mut().zip(counts.iter().zip(&before.0)) {
                *all += now - before;
            }
            all.1 += sum - before.1;
        }
        all
    }

    /// Returns a quantile, value by value.
    pub(crate) fn quantile(bounds: &[f64], counts: &[u64], q: f64) -> Option<f64> {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return None;
        }
        let rank = q * total as f64;
        let mut below = 0.0;
        for (at, count) in counts.iter().enumerate() {
            let count = *count as f64;
            if count > 0.0 && below + count >= rank {
                let lower = if at == 0 { 0.0 } else { bounds[at - 1] };
                let upper = bounds.get(at).copied().unwrap_or(lower);
                return Some(lower + (upper - lower) * (rank - below) / count);
            }
            below += count;
        }
        None
    }
}
