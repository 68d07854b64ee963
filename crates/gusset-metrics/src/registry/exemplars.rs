//! The exemplars of one series of a histogram.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use gusset_core::SpanIds;
use gusset_data::Exemplar;

/// A value of each bucket that was recorded in a sampled span: the first one since the last read.
///
/// OpenTelemetry calls it the aligned histogram bucket exemplar reservoir, and leaves open which value a
/// bucket keeps. The first one costs the least, because the clock and the lock are needed once for each
/// read and not for each call. Recording never waits:
///
/// - A cell is only locked with `try_lock`. If it is being written or read, the exemplar is dropped,
///   which is acceptable because it is one example of many.
/// - The cells are allocated by the first sampled record, because most series of a service with a low
///   sampling ratio have no exemplar. Exemplars that are recorded during the allocation are dropped.
#[derive(Debug, Default)]
pub(super) struct ExemplarReservoir {
    cells: OnceLock<Box<[ReservoirCell]>>,
    /// Set by the one thread that allocates the cells.
    claimed: AtomicBool,
}

#[derive(Debug, Default)]
struct ReservoirCell {
    /// Whether the exemplar was recorded after the last read. Relaxed: it only saves work, and a read
    /// that sees it late keeps the exemplar for the next one.
    is_new: AtomicBool,
    /// The lock is held for one copy that cannot panic, so it is never poisoned.
    exemplar: Mutex<Option<Exemplar>>,
}

// === impl ExemplarReservoir ===

impl ExemplarReservoir {
    /// Returns whether to record a value: the current span is sampled, and no other was kept since the last
    /// read. Costs one read of a thread-local, and one load if the span is sampled.
    #[inline]
    pub(super) fn accepts(&self, bucket: usize) -> bool {
        SpanIds::current().is_some_and(SpanIds::is_sampled) && !self.has_new(bucket)
    }

    /// Keeps a value that is [accepted](Self::accepts).
    #[cold]
    #[inline(never)]
    pub(super) fn record(&self, bucket: usize, bucket_count: usize, value: f64) {
        let (Some(ids), Some(cells)) = (SpanIds::current(), self.cells(bucket_count)) else {
            return;
        };
        let cell = &cells[bucket];
        if let Ok(mut exemplar) = cell.exemplar.try_lock() {
            cell.is_new.store(true, Relaxed);
            *exemplar = Some(Exemplar {
                value,
                time: SystemTime::now(),
                trace_id: ids.trace_id(),
                span_id: ids.span_id(),
            });
        }
    }

    #[inline]
    fn has_new(&self, bucket: usize) -> bool {
        let cells = self.cells.get();
        cells.is_some_and(|cells| cells[bucket].is_new.load(Relaxed))
    }

    /// Returns the cells, or `None` while another thread allocates them.
    fn cells(&self, bucket_count: usize) -> Option<&[ReservoirCell]> {
        if self.cells.get().is_none() && !self.claimed.swap(true, Relaxed) {
            // Only the claiming thread calls `set`, so it does not wait. Relaxed is enough, because
            // `OnceLock` publishes the cells.
            let _ = self.cells.set(
                (0..bucket_count)
                    .map(|_| ReservoirCell::default())
                    .collect(),
            );
        }
        self.cells.get().map(|cells| &**cells)
    }

    /// Returns the exemplars, each with the index of its bucket.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, Exemplar)> {
        let cells = self.cells.get().into_iter().flatten().enumerate();
        cells.filter_map(|(bucket, cell)| {
            let exemplar = *cell.exemplar.lock().unwrap_or_else(PoisonError::into_inner);
            cell.is_new.store(false, Relaxed);
            exemplar.map(|exemplar| (bucket, exemplar))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(trace: u8, sampled: bool) -> SpanIds {
        SpanIds::new([trace; 16], [7; 8], sampled)
    }

    /// Records a value as a histogram with three buckets does.
    fn record(reservoir: &ExemplarReservoir, bucket: usize, value: f64) {
        if reservoir.accepts(bucket) {
            reservoir.record(bucket, 3, value);
        }
    }

    fn exemplars(reservoir: &ExemplarReservoir) -> Vec<(usize, f64, u8)> {
        let all = reservoir.all();
        all.map(|(bucket, it)| (bucket, it.value, it.trace_id[0]))
            .collect()
    }

    #[test]
    fn first_sampled_value_of_each_bucket_since_the_last_read_is_kept() {
        let reservoir = ExemplarReservoir::default();
        record(&reservoir, 0, 1.0);
        ids(1, false).scope(|| record(&reservoir, 0, 2.0));
        assert_eq!(exemplars(&reservoir), []);
        ids(1, true).scope(|| record(&reservoir, 0, 3.0));
        ids(2, true).scope(|| record(&reservoir, 0, 4.0));
        ids(3, true).scope(|| record(&reservoir, 2, 5.0));
        assert_eq!(exemplars(&reservoir), [(0, 3.0, 1), (2, 5.0, 3)]);
        assert_eq!(
            exemplars(&reservoir),
            [(0, 3.0, 1), (2, 5.0, 3)],
            "it stays"
        );
        ids(4, true).scope(|| record(&reservoir, 0, 6.0));
        assert_eq!(exemplars(&reservoir), [(0, 6.0, 4), (2, 5.0, 3)]);
    }

    #[test]
    fn recording_in_a_locked_cell_does_not_wait() {
        let reservoir = ExemplarReservoir::default();
        ids(1, true).scope(|| record(&reservoir, 0, 1.0));
        assert_eq!(exemplars(&reservoir), [(0, 1.0, 1)]);
        let cells = reservoir.cells.get().unwrap();
        let locked = cells[0].exemplar.lock().unwrap();
        ids(2, true).scope(|| record(&reservoir, 0, 2.0));
        drop(locked);
        assert_eq!(exemplars(&reservoir), [(0, 1.0, 1)]);
    }
}
