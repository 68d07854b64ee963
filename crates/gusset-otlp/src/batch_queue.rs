//! The bounded queue between the threads that create telemetry and the thread that exports it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

use crate::diagnostics;
use crate::report::SignalCounts;
use crate::self_metrics::DropCounters;

/// The queue of one signal, with the counters of its items. It never grows, and a push never blocks.
pub(crate) struct BatchQueue<T> {
    queue: ArrayQueue<T>,
    /// The number of queued items at which the worker is notified.
    max_batch_size: usize,
    /// Whether the worker has been notified and has not taken a batch yet.
    notified: AtomicBool,
    closed: AtomicBool,
    pub(crate) batch_ready: Notify,
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
        Self {
            queue: ArrayQueue::new(capacity),
            max_batch_size,
            notified: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            batch_ready: Notify::new(),
            counters: ExportCounters::default(),
            drops,
        }
    }

    /// Adds an item if there is capacity, otherwise drops and counts it. Never blocks.
    pub(crate) fn push(&self, item: T) {
        if diagnostics::is_suppressed() {
            return;
        }
        if self.closed.load(Ordering::Relaxed) {
            self.counters.enqueue_failed.fetch_add(1, Ordering::Relaxed);
            self.drops.already_shutdown.increment(1);
            return;
        }
        if self.queue.push(item).is_err() {
            self.count_dropped();
            return;
        }
        self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        // At most one notification, which is a system call, for each batch. Between two notifications
        // the worker's timer wakes it.
        if self.queue.len() >= self.max_batch_size && !self.notified.swap(true, Ordering::AcqRel) {
            self.batch_ready.notify_one();
        }
    }

    /// Returns whether an item is worth building. If the queue is full, the item is counted as dropped.
    pub(crate) fn has_capacity(&self) -> bool {
        if self.closed.load(Ordering::Relaxed) || diagnostics::is_suppressed() {
            return false;
        }
        let has_capacity = !self.queue.is_full();
        if !has_capacity {
            self.count_dropped();
        }
        has_capacity
    }

    fn count_dropped(&self) {
        self.counters.enqueue_failed.fetch_add(1, Ordering::Relaxed);
        self.drops.queue_full.increment(1);
    }

    /// Closes the queue for new items.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the next batch, oldest items first.
    pub(crate) fn take_batch(&self) -> Vec<T> {
        // Cleared before the first item is taken: a concurrent push may be the one that completes the
        // next batch, and has to notify.
        self.notified.store(false, Ordering::Release);
        let mut batch = Vec::with_capacity(self.queue.len().min(self.max_batch_size));
        while batch.len() < self.max_batch_size {
            match self.queue.pop() {
                Some(item) => batch.push(item),
                None => break,
            }
        }
        batch
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
        assert_eq!(queue.counters.snapshot().enqueue_failed, 1);
        assert_eq!(queue.len(), 0);
    }
}
