//! The queue of one signal, with the counters of its items.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gusset_data::Rejected;
use tokio::sync::Notify;

use crate::diagnostics;
use crate::report::SignalCounts;
use crate::self_metrics::DropCounters;

/// The queue of one signal, with the counters of its items. It never grows, and a push never blocks.
pub(crate) struct BatchQueue<T> {
    queue: gusset_data::BatchQueue<T>,
    pub(crate) batch_ready: Arc<Notify>,
    pub(crate) counters: ExportCounters,
    drops: DropCounters,
}

/// The counters of one signal.
///
/// Each item that is offered ends in exactly one of `exported`, `enqueue_failed` and `send_failed`.
#[derive(Debug, Default)]
pub(crate) struct ExportCounters {
    /// Items that entered the queue.
    pub(crate) accepted: AtomicU64,
    pub(crate) exported: AtomicU64,
    /// Items for which the queue was full or closed.
    pub(crate) enqueue_failed: AtomicU64,
    /// Items whose export failed, or that the receiver rejected.
    pub(crate) send_failed: AtomicU64,
}

// === impl BatchQueue ===

impl<T> BatchQueue<T> {
    pub(crate) fn new(capacity: usize, max_batch_size: usize, drops: DropCounters) -> Self {
        let batch_ready = Arc::new(Notify::new());
        let notify = Arc::clone(&batch_ready);
        Self {
            queue: gusset_data::BatchQueue::new(capacity, max_batch_size, move || {
                notify.notify_one();
            }),
            batch_ready,
            counters: ExportCounters::default(),
            drops,
        }
    }

    /// Adds an item if there is capacity, otherwise drops and counts it. Never blocks.
    pub(crate) fn push(&self, item: T) {
        if diagnostics::is_suppressed() {
            return;
        }
        match self.queue.push(item) {
            Ok(()) => {
                self.counters.accepted.fetch_add(1, Ordering::Relaxed);
            }
            Err(reason) => self.count_dropped(reason),
        }
    }

    /// Returns whether an item is worth building.
    pub(crate) fn has_capacity(&self) -> bool {
        !diagnostics::is_suppressed() && self.queue.check_capacity().is_ok()
    }

    /// Counts an item that was not built because the queue was full.
    pub(crate) fn count_not_built(&self) {
        // After the end, nothing is built, which is not a loss.
        let reason = self.queue.check_capacity().err();
        if reason != Some(Rejected::AlreadyShutdown) && !diagnostics::is_suppressed() {
            self.count_dropped(Rejected::QueueFull);
        }
    }

    #[cold]
    fn count_dropped(&self, reason: Rejected) {
        self.counters.enqueue_failed.fetch_add(1, Ordering::Relaxed);
        let counter = match reason {
            Rejected::AlreadyShutdown => &self.drops.already_shutdown,
            _ => &self.drops.queue_full,
        };
        counter.increment(1);
    }

    /// Closes the queue for new items.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the next batch, oldest items first.
    pub(crate) fn take_batch(&self) -> Vec<T> {
        self.queue.take_batch()
    }
}

// === impl ExportCounters ===

impl ExportCounters {
    /// Returns the current counts.
    pub(crate) fn snapshot(&self) -> SignalCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // `accepted` is read last, so that it is not below the number of completed items.
        let (exported, send_failed) = (read(&self.exported), read(&self.send_failed));
        let enqueue_failed = read(&self.enqueue_failed);
        let pending = read(&self.accepted).saturating_sub(exported + send_failed);
        SignalCounts {
            exported,
            enqueue_failed,
            send_failed,
            pending,
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
        fn offered_item_is_queued_taken_or_dropped(
            capacity in 1_usize..8,
            steps: Vec<bool>,
        ) {
            let queue = BatchQueue::new(capacity, capacity.div_ceil(2), DropCounters::default());
            let (mut offered, mut taken) = (0, 0);
            for push in steps {
                if push {
                    offered += 1;
                    queue.push(offered);
                } else {
                    taken += queue.take_batch().len() as u64;
                }
                let counts = queue.counters.snapshot();
                prop_assert!(queue.len() <= capacity);
                prop_assert_eq!(offered, counts.enqueue_failed + taken + queue.len() as u64);
            }
        }
    }

    #[test]
    fn full_batch_notifies_the_worker_once() {
        let queue = Arc::new(BatchQueue::new(8, 2, DropCounters::default()));
        let mut notified = Box::pin(queue.batch_ready.notified());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut is_notified = || notified.as_mut().poll(&mut cx).is_ready();
        queue.push(1);
        assert!(!is_notified());
        queue.push(2);
        assert!(is_notified());
    }

    #[test]
    fn full_queue_counts_items_without_building_them() {
        let queue = BatchQueue::new(1, 1, DropCounters::default());
        assert!(queue.has_capacity());
        queue.push(1);
        assert!(!queue.has_capacity());
        assert_eq!(queue.counters.snapshot().enqueue_failed, 0);
        queue.count_not_built();
        assert_eq!(queue.counters.snapshot().enqueue_failed, 1);
        queue.take_batch();
        assert!(queue.has_capacity());
        assert_eq!(queue.counters.snapshot().enqueue_failed, 1);
    }

    #[test]
    fn closed_queue_drops_and_counts() {
        let queue = BatchQueue::new(8, 2, DropCounters::default());
        queue.close();
        queue.push(1);
        assert!(!queue.has_capacity());
        queue.count_not_built();
        assert_eq!(queue.counters.snapshot().enqueue_failed, 1);
        assert_eq!(queue.len(), 0);
    }
}
