//! The exemplars of one series of a histogram.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use gusset_core::SpanIds;
use gusset_data::Exemplar;

/// The last value of each bucket that was recorded in a sampled span.
///
/// OpenTelemetry calls it the aligned histogram bucket exemplar reservoir. Recording never waits:
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

/// The lock is held for one copy that cannot panic, so it is never poisoned.
type ReservoirCell = Mutex<Option<Exemplar>>;

// === impl ExemplarReservoir ===

impl ExemplarReservoir {
    /// Keeps the value if the current span is sampled. Otherwise costs one read of a thread-local.
    #[inline]
    pub(super) fn record(&self, bucket: usize, bucket_count: usize, value: f64) {
        if SpanIds::current().is_some_and(SpanIds::is_sampled) {
            self.record_sampled(bucket, bucket_count, value);
        }
    }

    /// Keeps the value. Reads the ids again, so that unsampled records need not pass them.
    #[cold]
    fn record_sampled(&self, bucket: usize, bucket_count: usize, value: f64) {
        let (Some(ids), Some(cells)) = (SpanIds::current(), self.cells(bucket_count)) else {
            return;
        };
        if let Ok(mut cell) = cells[bucket].try_lock() {
            *cell = Some(Exemplar {
                value,
                time: SystemTime::now(),
                trace_id: ids.trace_id(),
                span_id: ids.span_id(),
            });
        }
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
            let exemplar = *cell.lock().unwrap_or_else(PoisonError::into_inner);
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

    fn exemplars(reservoir: &ExemplarReservoir) -> Vec<(usize, f64, u8)> {
        let all = reservoir.all();
        all.map(|(bucket, it)| (bucket, it.value, it.trace_id[0]))
            .collect()
    }

    #[test]
    fn last_sampled_value_of_each_bucket_is_kept() {
        let reservoir = ExemplarReservoir::default();
        reservoir.record(0, 3, 1.0);
        ids(1, false).scope(|| reservoir.record(0, 3, 2.0));
        assert_eq!(exemplars(&reservoir), []);
        ids(1, true).scope(|| reservoir.record(0, 3, 3.0));
        ids(2, true).scope(|| reservoir.record(0, 3, 4.0));
        ids(3, true).scope(|| reservoir.record(2, 3, 5.0));
        assert_eq!(exemplars(&reservoir), [(0, 4.0, 2), (2, 5.0, 3)]);
    }

    #[test]
    fn recording_in_a_locked_cell_does_not_wait() {
        let reservoir = ExemplarReservoir::default();
        ids(1, true).scope(|| reservoir.record(0, 1, 1.0));
        let cells = reservoir.cells.get().unwrap();
        let locked = cells[0].lock().unwrap();
        ids(2, true).scope(|| reservoir.record(0, 1, 2.0));
        drop(locked);
        assert_eq!(exemplars(&reservoir), [(0, 1.0, 1)]);
    }
}
