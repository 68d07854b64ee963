//! Tells of transitions: once each, in their order, and with no lock held across anybody's code.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex as Lock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Transition;
use crate::machine::GENERATIONS;
use crate::sync::{Mutex, lock};

/// Brings transitions into their order. The winner of a move publishes it after the move, so two
/// winners may come here the wrong way round; their generations tell.
#[derive(Debug)]
pub(crate) struct Journal(Mutex<Pages>);

#[derive(Debug)]
struct Pages {
    /// The generation that is to be told next.
    next: u32,
    waiting: Vec<Transition>,
    /// Somebody is telling, and will tell what is added meanwhile.
    telling: bool,
    readers: Vec<Weak<Mailbox>>,
}

/// The transitions of a breaker, from when it was asked for. See
/// [`Breaker::transitions`](crate::Breaker::transitions).
///
/// Holds the last 64 that nobody has taken; what is older is dropped and counted, for nobody waits
/// for a reader.
#[derive(Debug)]
pub struct Transitions(Arc<Mailbox>);

#[derive(Debug, Default)]
struct Mailbox {
    state: Lock<Held>,
    came: Condvar,
}

#[derive(Debug, Default)]
struct Held {
    transitions: VecDeque<Transition>,
    lost: u64,
    waker: Option<Waker>,
}

const HELD: usize = 64;

// === impl Journal ===

impl Journal {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Pages {
            next: 1,
            waiting: Vec::new(),
            telling: false,
            readers: Vec::new(),
        }))
    }

    pub(crate) fn read(&self) -> Transitions {
        let mailbox = Arc::new(Mailbox::default());
        let mut pages = lock(&self.0);
        pages.readers.retain(|reader| reader.strong_count() > 0);
        pages.readers.push(Arc::downgrade(&mailbox));
        Transitions(mailbox)
    }

    /// Adds a transition, and tells all that are next; a thread that is telling already tells this
    /// one too. `tell` may be anybody's code, and may move the breaker again.
    pub(crate) fn publish(&self, transition: Transition, tell: impl Fn(&Transition)) {
        {
            let mut pages = lock(&self.0);
            pages.waiting.push(transition);
            if std::mem::replace(&mut pages.telling, true) {
                return;
            }
        }
        let telling = Telling(self);
        while let Some((transition, readers)) = self.take_next() {
            for reader in readers {
                reader.put(&transition);
            }
            tell(&transition);
        }
        // `take_next` has said so already, under the lock under which it found nothing.
        std::mem::forget(telling);
    }

    fn take_next(&self) -> Option<(Transition, Vec<Arc<Mailbox>>)> {
        let mut pages = lock(&self.0);
        let next = pages.next;
        let at = pages
            .waiting
            .iter()
            .position(|transition| transition.generation == next);
        let Some(at) = at else {
            pages.telling = false;
            return None;
        };
        pages.next = (next + 1) % GENERATIONS;
        let transition = pages.waiting.swap_remove(at);
        let readers = pages.readers.iter().filter_map(Weak::upgrade).collect();
        Some((transition, readers))
    }
}

/// Somebody tells, until this is dropped by a panic of whoever is told.
struct Telling<'a>(&'a Journal);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        lock(&self.0.0).telling = false;
    }
}

// === impl Transitions ===

impl Transitions {
    /// The next transition, if there is one.
    ///
    /// ```
    /// use gusset_breaker::{Breaker, State};
    ///
    /// let breaker = Breaker::builder("stock").build()?;
    /// let transitions = breaker.transitions();
    /// breaker.force_open();
    /// assert_eq!(transitions.try_next().map(|it| it.to), Some(State::ForcedOpen));
    /// assert_eq!(transitions.try_next(), None);
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn try_next(&self) -> Option<Transition> {
        self.0.lock().transitions.pop_front()
    }

    /// Blocks until there is a transition, or that time is over. Not for an async task.
    pub fn wait(&self, limit: Duration) -> Option<Transition> {
        let held = self.0.lock();
        let (mut held, _) = self
            .0
            .came
            .wait_timeout_while(held, limit, |held| held.transitions.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        held.transitions.pop_front()
    }

    /// The next transition for an async task, woken when it comes: for `std::future::poll_fn`, or
    /// to make a `Stream` of.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Transition> {
        let mut held = self.0.lock();
        match held.transitions.pop_front() {
            Some(transition) => Poll::Ready(transition),
            None => {
                held.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// How many were dropped because nobody took them in time.
    pub fn lost(&self) -> u64 {
        self.0.lock().lost
    }
}

// === impl Mailbox ===

impl Mailbox {
    fn put(&self, transition: &Transition) {
        let waker = {
            let mut held = self.lock();
            if held.transitions.len() == HELD {
                held.transitions.pop_front();
                held.lost += 1;
            }
            held.transitions.push_back(transition.clone());
            held.waker.take()
        };
        self.came.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
