//! A queue in the memory of the process, with a queue for failures beside it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use crate::{Acknowledge, BoxError, Delivery, Settlement, Source};

/// A queue in memory, for tests and examples. Clones share the messages.
///
/// It has no limit, and its messages end with the process. Those that are put aside can be read, and sent again.
///
/// ```
/// use gusset_messaging::MemoryQueue;
///
/// let queue = MemoryQueue::new();
/// queue.send("an order");
/// assert_eq!(queue.len(), 1);
/// assert!(queue.dead_letters().is_empty());
/// assert_eq!(queue.replay(), 0, "nothing was put aside");
/// ```
pub struct MemoryQueue<M>(Arc<Shared<M>>);

struct Shared<M> {
    state: Mutex<State<M>>,
    /// Wakes those who wait for a message, or for the end.
    changed: Notify,
}

struct State<M> {
    waiting: VecDeque<Entry<M>>,
    dead: Vec<Entry<M>>,
    /// The number of messages that were taken and are not settled. They may come back.
    taken: usize,
    sent: u64,
    is_closed: bool,
}

#[derive(Clone)]
struct Entry<M> {
    message: M,
    number: u64,
    deliveries: u32,
    sent: SystemTime,
}

/// What settles a message of a [`MemoryQueue`]. If it is dropped before, the message is returned to the queue.
pub struct QueuedMessage<M> {
    queue: MemoryQueue<M>,
    /// `None` when it is settled.
    entry: Option<Entry<M>>,
}

// === impl MemoryQueue ===

impl<M> MemoryQueue<M> {
    /// Creates an empty queue.
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                dead: Vec::new(),
                taken: 0,
                sent: 0,
                is_closed: false,
            }),
            changed: Notify::new(),
        }))
    }

    /// Sends a message.
    pub fn send(&self, message: M) {
        {
            let mut state = self.lock();
            state.sent += 1;
            let number = state.sent;
            state.waiting.push_back(Entry {
                message,
                number,
                deliveries: 0,
                sent: SystemTime::now(),
            });
        }
        self.0.changed.notify_waiters();
    }

    /// Closes the queue: workers end when it is empty and all messages are settled.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.0.changed.notify_waiters();
    }

    /// Returns the number of messages that wait.
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Returns whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends the messages that were put aside again, as if they had not been delivered before. Returns how many.
    pub fn replay(&self) -> usize {
        let replayed = {
            let mut state = self.lock();
            let dead = std::mem::take(&mut state.dead);
            let replayed = dead.len();
            state.waiting.extend(dead.into_iter().map(|entry| Entry {
                deliveries: 0,
                ..entry
            }));
            replayed
        };
        self.0.changed.notify_waiters();
        replayed
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Clone> MemoryQueue<M> {
    /// Returns the messages that were put aside.
    pub fn dead_letters(&self) -> Vec<M> {
        let state = self.lock();
        state
            .dead
            .iter()
            .map(|entry| entry.message.clone())
            .collect()
    }
}

impl<M: Clone + Send + 'static> Source for MemoryQueue<M> {
    type Message = M;
    type Acknowledge = QueuedMessage<M>;

    async fn receive(&mut self) -> Option<Result<Delivery<M, QueuedMessage<M>>, BoxError>> {
        loop {
            // Before the state is read, so that no change is missed.
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if let Some(mut entry) = state.waiting.pop_front() {
                    state.taken += 1;
                    entry.deliveries += 1;
                    let message = entry.message.clone();
                    let (id, count, sent) = (entry.number, entry.deliveries, entry.sent);
                    let queued = QueuedMessage {
                        queue: self.clone(),
                        entry: Some(entry),
                    };
                    let delivery = Delivery::new(message, queued)
                        .with_id(id.to_string())
                        .with_count(count)
                        .with_sent(sent);
                    return Some(Ok(delivery));
                }
                if state.is_closed && state.taken == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }
}

impl<M> Clone for MemoryQueue<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Default for MemoryQueue<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> fmt::Debug for MemoryQueue<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQueue")
            .field("waiting", &self.len())
            .finish_non_exhaustive()
    }
}

// === impl QueuedMessage ===

impl<M> QueuedMessage<M> {
    fn settle_with(&mut self, settlement: Settlement) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        {
            let mut state = self.queue.lock();
            state.taken -= 1;
            match settlement {
                Settlement::Ack => {}
                Settlement::Nack => state.waiting.push_back(entry),
                Settlement::DeadLetter => state.dead.push(entry),
            }
        }
        self.queue.0.changed.notify_waiters();
    }
}

impl<M: Clone + Send + 'static> Acknowledge for QueuedMessage<M> {
    async fn settle(mut self, settlement: Settlement) -> Result<(), BoxError> {
        self.settle_with(settlement);
        Ok(())
    }
}

impl<M> Drop for QueuedMessage<M> {
    fn drop(&mut self) {
        self.settle_with(Settlement::Nack);
    }
}

impl<M> fmt::Debug for QueuedMessage<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.entry.as_ref().map(|entry| entry.number);
        f.debug_struct("QueuedMessage")
            .field("number", &number)
            .finish_non_exhaustive()
    }
}
