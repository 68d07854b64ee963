//! From where something ends to where it is exported: a queue that never grows and never waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

use crate::report::Count;
use crate::stats::Dropped;
use crate::voice;

/// The queue of one signal, and the tally of what went through it.
pub(crate) struct Lane<T> {
    queue: ArrayQueue<T>,
    /// The worker is woken when this many are waiting.
    size: usize,
    /// It was woken, and has not looked yet.
    woken: AtomicBool,
    closed: AtomicBool,
    pub(crate) wake: Notify,
    pub(crate) tally: Tally,
    /// Where a drop is recorded as it happens.
    dropped: Dropped,
}

/// What became of items. All that was offered is in one of them in the end.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) taken: AtomicU64,
    pub(crate) exported: AtomicU64,
    /// There was no room, or nobody to export any more.
    pub(crate) dropped: AtomicU64,
    /// Given up, or refused by the receiver.
    pub(crate) failed: AtomicU64,
}

// === impl Lane ===

impl<T> Lane<T> {
    pub(crate) fn new(capacity: usize, size: usize, dropped: Dropped) -> Self {
        Self {
            queue: ArrayQueue::new(capacity),
            size,
            woken: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            wake: Notify::new(),
            tally: Tally::default(),
            dropped,
        }
    }

    /// Takes an item if there is room, and never waits for any.
    pub(crate) fn push(&self, item: T) {
        if voice::is_own_thread() {
            return;
        }
        if self.closed.load(Ordering::Relaxed) {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
            self.dropped.closed.increment(1);
            return;
        }
        if self.queue.push(item).is_err() {
            self.drop_for_room();
            return;
        }
        self.tally.taken.fetch_add(1, Ordering::Relaxed);
        // A system call at most once for each batch; between them the worker's own clock wakes it.
        if self.queue.len() >= self.size && !self.woken.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }

    /// Whether an item is worth being put together. If there is no room for it, it is dropped here.
    pub(crate) fn admit(&self) -> bool {
        if self.closed.load(Ordering::Relaxed) || voice::is_own_thread() {
            return false;
        }
        let has_room = !self.queue.is_full();
        if !has_room {
            self.drop_for_room();
        }
        has_room
    }

    fn drop_for_room(&self) {
        self.tally.dropped.fetch_add(1, Ordering::Relaxed);
        self.dropped.full.increment(1);
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// What is to be exported together, the oldest first.
    pub(crate) fn batch(&self) -> Vec<T> {
        // Before the first is taken: what comes after may be the one that fills a batch.
        self.woken.store(false, Ordering::Release);
        let mut batch = Vec::with_capacity(self.queue.len().min(self.size));
        while batch.len() < self.size {
            match self.queue.pop() {
                Some(item) => batch.push(item),
                None => break,
            }
        }
        batch
    }
}

// === impl Tally ===

impl Tally {
    pub(crate) fn count(&self) -> Count {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        // What has been taken is read last, so that nothing seems to have been exported untaken.
        let (exported, failed) = (read(&self.exported), read(&self.failed));
        let dropped = read(&self.dropped);
        let left = read(&self.taken).saturating_sub(exported + failed);
        Count {
            exported,
            dropped,
            failed,
            left,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_offered_is_waiting_taken_or_counted_as_dropped(
            capacity in 1_usize..8,
            steps: Vec<bool>,
        ) {
            let lane = Lane::new(capacity, capacity.div_ceil(2), Dropped::default());
            let (mut offered, mut out) = (0, 0);
            for push in steps {
                if push {
                    offered += 1;
                    lane.push(offered);
                } else {
                    out += lane.batch().len() as u64;
                }
                let count = lane.tally.count();
                prop_assert!(lane.len() <= capacity);
                prop_assert_eq!(offered, count.dropped + out + lane.len() as u64);
            }
        }
    }

    #[test]
    fn the_worker_is_woken_once_for_a_batch() {
        let lane = Arc::new(Lane::new(8, 2, Dropped::default()));
        let mut waits = Box::pin(lane.wake.notified());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut woken = || waits.as_mut().poll(&mut cx).is_ready();
        lane.push(1);
        assert!(!woken());
        lane.push(2);
        assert!(woken());
    }

    #[test]
    fn what_a_full_lane_does_not_admit_is_counted_without_being_made() {
        let lane = Lane::new(1, 1, Dropped::default());
        assert!(lane.admit());
        lane.push(1);
        assert!(!lane.admit());
        assert_eq!(lane.tally.count().dropped, 1);
        lane.batch();
        assert!(lane.admit());
        assert_eq!(lane.tally.count().dropped, 1);
    }

    #[test]
    fn a_lane_that_is_closed_drops_and_counts() {
        let lane = Lane::new(8, 2, Dropped::default());
        lane.close();
        lane.push(1);
        assert!(!lane.admit());
        assert_eq!(lane.tally.count().dropped, 1);
        assert_eq!(lane.len(), 0);
    }
}
