//! Single values that tell their trace.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use gusset_core::SpanIds;
use gusset_data::Exemplar;

/// The last value of each bucket that was recorded inside a sampled span.
///
/// Nobody waits: two who record in one bucket at the same time leave one exemplar, and so do those
/// whose bucket is being read. Room is made by the first sampled record of a series, for most series
/// of a service that samples little never have one.
#[derive(Debug, Default)]
pub(super) struct Exemplars {
    slots: OnceLock<Box<[Slot]>>,
    /// Somebody makes the room, or has made it.
    claimed: AtomicBool,
}

/// Held for a copy only, so it is never poisoned.
type Slot = Mutex<Option<Exemplar>>;

// === impl Exemplars ===

impl Exemplars {
    /// Keeps the value if it is recorded inside a sampled span; else a look at this thread's ids is
    /// all it costs.
    #[inline]
    pub(super) fn offer(&self, bucket: usize, buckets: usize, value: f64) {
        if SpanIds::current().is_some_and(SpanIds::is_sampled) {
            self.keep(bucket, buckets, value);
        }
    }

    /// Asks for the ids again, so that those who are not sampled need not carry them.
    #[cold]
    fn keep(&self, bucket: usize, buckets: usize, value: f64) {
        let (Some(ids), Some(slots)) = (SpanIds::current(), self.slots(buckets)) else {
            return;
        };
        if let Ok(mut slot) = slots[bucket].try_lock() {
            *slot = Some(Exemplar {
                value,
                time: SystemTime::now(),
                trace_id: ids.trace_id(),
                span_id: ids.span_id(),
            });
        }
    }

    /// The room; none while another thread makes it.
    fn slots(&self, buckets: usize) -> Option<&[Slot]> {
        if self.slots.get().is_none() && !self.claimed.swap(true, Relaxed) {
            // Only one comes here, so it waits for nobody.
            let _ = self
                .slots
                .set((0..buckets).map(|_| Slot::default()).collect());
        }
        self.slots.get().map(|slots| &**slots)
    }

    /// What is kept: bucket and exemplar.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, Exemplar)> {
        let slots = self.slots.get().into_iter().flatten().enumerate();
        slots.filter_map(|(bucket, slot)| {
            let kept = *slot.lock().unwrap_or_else(PoisonError::into_inner);
            kept.map(|exemplar| (bucket, exemplar))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(trace: u8, sampled: bool) -> SpanIds {
        SpanIds::new([trace; 16], [7; 8], sampled)
    }

    fn kept(exemplars: &Exemplars) -> Vec<(usize, f64, u8)> {
        let all = exemplars.all();
        all.map(|(bucket, it)| (bucket, it.value, it.trace_id[0]))
            .collect()
    }

    #[test]
    fn the_latest_sampled_value_of_each_bucket_stands() {
        let exemplars = Exemplars::default();
        exemplars.offer(0, 3, 1.0);
        ids(1, false).scope(|| exemplars.offer(0, 3, 2.0));
        assert_eq!(kept(&exemplars), []);
        ids(1, true).scope(|| exemplars.offer(0, 3, 3.0));
        ids(2, true).scope(|| exemplars.offer(0, 3, 4.0));
        ids(3, true).scope(|| exemplars.offer(2, 3, 5.0));
        assert_eq!(kept(&exemplars), [(0, 4.0, 2), (2, 5.0, 3)]);
    }

    #[test]
    fn who_finds_a_bucket_taken_does_not_wait() {
        let exemplars = Exemplars::default();
        ids(1, true).scope(|| exemplars.offer(0, 1, 1.0));
        let slots = exemplars.slots.get().unwrap();
        let held = slots[0].lock().unwrap();
        ids(2, true).scope(|| exemplars.offer(0, 1, 2.0));
        drop(held);
        assert_eq!(kept(&exemplars), [(0, 1.0, 1)]);
    }
}
