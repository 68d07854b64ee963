//! The bounded queue between the threads that create telemetry and the thread that takes it.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_queue::ArrayQueue;

/// A bounded queue of spans or log records, which one thread takes in batches.
///
/// Its memory is allocated at its creation. A push takes no lock, never blocks and allocates nothing.
///
/// ```
/// use gusset_data::{BatchQueue, Rejected};
///
/// let queue = BatchQueue::new(2, 2, || println!("a batch is complete"));
/// assert_eq!(queue.push("first"), Ok(()));
/// assert_eq!(queue.push("second"), Ok(()));
/// assert_eq!(queue.push("third"), Err(Rejected::QueueFull));
/// assert_eq!(queue.take_batch(), ["first", "second"]);
/// queue.close();
/// assert_eq!(queue.push("fourth"), Err(Rejected::AlreadyShutdown));
/// ```
pub struct BatchQueue<T> {
    items: ArrayQueue<T>,
    /// The number of queued items at which the taking thread is notified.
    max_batch_size: usize,
    /// Whether the thread has been notified and has not taken a batch yet.
    is_notified: AtomicBool,
    is_closed: AtomicBool,
    notify: Box<dyn Fn() + Send + Sync>,
}

/// The reason why a [`BatchQueue`] does not take an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// The queue is full.
    QueueFull,
    /// The queue is closed.
    AlreadyShutdown,
}

// === impl BatchQueue ===

impl<T> BatchQueue<T> {
    /// Creates a queue for `capacity` items, at least one, and allocates it.
    ///
    /// `notify` is called when a batch is complete, on the thread that completes it. It must not block. It
    /// is called at most once between two calls of [`take_batch`](Self::take_batch).
    pub fn new(
        capacity: usize,
        max_batch_size: usize,
        notify: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            items: ArrayQueue::new(capacity.max(1)),
            max_batch_size: max_batch_size.max(1),
            is_notified: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            notify: Box::new(notify),
        }
    }

    /// Adds an item.
    ///
    /// # Errors
    /// If the queue is full or closed. The item is dropped.
    #[inline]
    pub fn push(&self, item: T) -> Result<(), Rejected> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Rejected::AlreadyShutdown);
        }
        if self.items.push(item).is_err() {
            return Err(Rejected::QueueFull);
        }
        // At most one notification, which is a system call, for each batch. Between two notifications a
        // timer of the thread wakes it.
        if self.items.len() >= self.max_batch_size && !self.is_notified.swap(true, Ordering::AcqRel)
        {
            (self.notify)();
        }
        Ok(())
    }

    /// Returns whether an item is worth building.
    ///
    /// # Errors
    /// If the queue is full or closed now.
    pub fn check_capacity(&self) -> Result<(), Rejected> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Rejected::AlreadyShutdown);
        }
        match self.items.is_full() {
            true => Err(Rejected::QueueFull),
            false => Ok(()),
        }
    }

    /// Closes the queue for new items. Queued items can still be taken.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Returns the number of queued items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether no item is queued.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Takes the next batch, oldest items first. It is empty if no item is queued.
    pub fn take_batch(&self) -> Vec<T> {
        // Cleared before the first item is taken: a concurrent push may be the one that completes the
        // next batch, and has to notify.
        self.is_notified.store(false, Ordering::Release);
        let mut batch = Vec::with_capacity(self.items.len().min(self.max_batch_size));
        while batch.len() < self.max_batch_size {
            match self.items.pop() {
                Some(item) => batch.push(item),
                None => break,
            }
        }
        batch
    }
}

impl<T> fmt::Debug for BatchQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchQueue")
            .field("len", &self.len())
            .field("capacity", &self.items.capacity())
            .finish_non_exhaustive()
    }
}

// === impl Rejected ===

impl Rejected {
    /// Returns the value of `error.type` for the item: `queue_full` or `already_shutdown` (semantic
    /// conventions, SDK metrics).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::AlreadyShutdown => "already_shutdown",
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueueFull => "the queue is full",
            Self::AlreadyShutdown => "the queue is closed",
        })
    }
}

impl Error for Rejected {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn offered_item_is_queued_taken_or_rejected(
            capacity in 1_usize..8,
            steps: Vec<bool>,
        ) {
            let queue = BatchQueue::new(capacity, capacity.div_ceil(2), || ());
            let (mut offered, mut taken, mut rejected) = (0, 0, 0);
            for push in steps {
                if push {
                    offered += 1;
                    rejected += usize::from(queue.push(offered).is_err());
                } else {
                    taken += queue.take_batch().len();
                }
                prop_assert!(queue.len() <= capacity);
                prop_assert_eq!(offered, rejected + taken + queue.len());
            }
        }
    }

    #[test]
    fn full_batch_notifies_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let queue = BatchQueue::new(8, 2, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let notified = || count.load(Ordering::Relaxed);
        queue.push(1).unwrap();
        assert_eq!(notified(), 0);
        queue.push(2).unwrap();
        queue.push(3).unwrap();
        assert_eq!(notified(), 1);
        assert_eq!(queue.take_batch(), [1, 2]);
        queue.push(4).unwrap();
        assert_eq!(notified(), 2);
    }

    #[test]
    fn closed_queue_keeps_its_items() {
        let queue = BatchQueue::new(8, 2, || ());
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(Rejected::AlreadyShutdown));
        assert_eq!(queue.check_capacity(), Err(Rejected::AlreadyShutdown));
        assert_eq!(queue.take_batch(), [1]);
        assert!(queue.is_empty());
    }
}
