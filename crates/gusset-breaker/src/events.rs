//! The transitions of a breaker, in order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex as StdMutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use crate::Transition;
use crate::machine::GENERATIONS;
use crate::sync::{Mutex, lock};

/// Puts transitions in order, and publishes them one at a time.
///
/// A thread publishes its transition after it made it, so two threads may arrive in the wrong order.
/// Their generations restore it.
#[derive(Debug)]
pub(crate) struct EventLog(Mutex<EventQueue>);

#[derive(Debug)]
struct EventQueue {
    /// The generation that is published next.
    next: u32,
    pending: Vec<Transition>,
    /// Whether a thread is publishing. It also publishes what is added in the meantime.
    publishing: bool,
    subscribers: Vec<Weak<Subscriber>>,
}

/// The transitions of a breaker since [`CircuitBreaker::transitions`] was called.
///
/// A stream that never ends. It buffers the last 64 transitions. Older ones are dropped and counted,
/// because a breaker never waits for a subscriber.
///
/// [`CircuitBreaker::transitions`]: crate::CircuitBreaker::transitions
#[derive(Debug)]
#[must_use = "transitions are dropped unless they are received"]
pub struct TransitionStream(Arc<Subscriber>);

#[derive(Debug, Default)]
struct Subscriber {
    buffer: StdMutex<Buffer>,
    received: Condvar,
}

#[derive(Debug, Default)]
struct Buffer {
    transitions: VecDeque<Transition>,
    dropped: u64,
    waker: Option<Waker>,
}

const MAX_BUFFERED_TRANSITIONS: usize = 64;

// === impl EventLog ===

impl EventLog {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(EventQueue {
            next: 1,
            pending: Vec::new(),
            publishing: false,
            subscribers: Vec::new(),
        }))
    }

    pub(crate) fn subscribe(&self) -> TransitionStream {
        let subscriber = Arc::new(Subscriber::default());
        let mut queue = lock(&self.0);
        queue
            .subscribers
            .retain(|subscriber| subscriber.strong_count() > 0);
        queue.subscribers.push(Arc::downgrade(&subscriber));
        TransitionStream(subscriber)
    }

    /// Adds a transition, and publishes all that are next in order.
    ///
    /// If another thread is publishing, it publishes this one too. `emit` may run foreign code, which
    /// may change the breaker again, so no lock is held.
    pub(crate) fn publish(&self, transition: Transition, emit: impl Fn(&Transition)) {
        {
            let mut queue = lock(&self.0);
            queue.pending.push(transition);
            if std::mem::replace(&mut queue.publishing, true) {
                return;
            }
        }
        let guard = PublishGuard(self);
        while let Some((transition, subscribers)) = self.next() {
            for subscriber in subscribers {
                subscriber.push(&transition);
            }
            emit(&transition);
        }
        // `next` has reset `publishing` under the lock under which it found nothing.
        std::mem::forget(guard);
    }

    fn next(&self) -> Option<(Transition, Vec<Arc<Subscriber>>)> {
        let mut queue = lock(&self.0);
        let next = queue.next;
        let index = queue
            .pending
            .iter()
            .position(|transition| transition.generation == next);
        let Some(index) = index else {
            queue.publishing = false;
            return None;
        };
        queue.next = (next + 1) % GENERATIONS;
        let transition = queue.pending.swap_remove(index);
        let subscribers = queue.subscribers.iter().filter_map(Weak::upgrade).collect();
        Some((transition, subscribers))
    }
}

/// Resets `publishing` if `emit` panics.
struct PublishGuard<'a>(&'a EventLog);

impl Drop for PublishGuard<'_> {
    fn drop(&mut self) {
        lock(&self.0.0).publishing = false;
    }
}

// === impl TransitionStream ===

impl TransitionStream {
    /// Returns the next transition, if there is one.
    ///
    /// ```
    /// use gusset_breaker::{CircuitBreaker, State};
    ///
    /// let breaker = CircuitBreaker::builder("stock").build()?;
    /// let transitions = breaker.transitions();
    /// breaker.force_open();
    /// assert_eq!(transitions.try_recv().map(|it| it.to), Some(State::ForcedOpen));
    /// assert_eq!(transitions.try_recv(), None);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn try_recv(&self) -> Option<Transition> {
        self.0.lock().transitions.pop_front()
    }

    /// Blocks the thread until there is a transition, at most for `timeout`.
    ///
    /// Async tasks use the [`Stream`] instead.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Transition> {
        let buffer = self.0.lock();
        let (mut buffer, _) = self
            .0
            .received
            .wait_timeout_while(buffer, timeout, |buffer| buffer.transitions.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        buffer.transitions.pop_front()
    }

    /// Returns the number of transitions that were dropped because the buffer was full.
    pub fn dropped(&self) -> u64 {
        self.0.lock().dropped
    }
}

impl Stream for TransitionStream {
    type Item = Transition;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Transition>> {
        let mut buffer = self.0.lock();
        match buffer.transitions.pop_front() {
            Some(transition) => Poll::Ready(Some(transition)),
            None => {
                buffer.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

// === impl Subscriber ===

impl Subscriber {
    fn push(&self, transition: &Transition) {
        let waker = {
            let mut buffer = self.lock();
            if buffer.transitions.len() == MAX_BUFFERED_TRANSITIONS {
                buffer.transitions.pop_front();
                buffer.dropped += 1;
            }
            buffer.transitions.push_back(transition.clone());
            buffer.waker.take()
        };
        self.received.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
