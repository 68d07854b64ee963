//! The services that wait until a breaker admits calls.

use std::task::Waker;

use crate::sync::{AtomicUsize, Mutex, Ordering, fence, lock};

/// The wakers of services that are pending in `poll_ready`.
///
/// One entry per service, so the number of polls does not matter.
#[derive(Debug)]
pub(crate) struct Waiters {
    /// The number of wakers. Usually zero, so that a result does not need the lock.
    count: AtomicUsize,
    wakers: Mutex<Vec<(u64, Waker)>>,
}

// === impl Waiters ===

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            wakers: Mutex::new(Vec::new()),
        }
    }

    /// Registers the waker of a service, in place of its previous one.
    pub(crate) fn register(&self, id: u64, waker: &Waker) {
        let mut wakers = lock(&self.wakers);
        match wakers.iter_mut().find(|(other, _)| *other == id) {
            Some((_, current)) => current.clone_from(waker),
            None => wakers.push((id, waker.clone())),
        }
        // A service registers and then reads the state; a transition writes the state and then reads
        // `count`. At least one must see the other. The state itself is read and written with weaker
        // orderings, so it takes a fence between the two steps, here and in `wake_all` (C++20, 31.11).
        self.count.store(wakers.len(), Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Removes the waker of a service.
    pub(crate) fn deregister(&self, id: u64) {
        let mut wakers = lock(&self.wakers);
        wakers.retain(|(other, _)| *other != id);
        self.count.store(wakers.len(), Ordering::Relaxed);
    }

    /// Wakes and removes all. The lock is not held, because a waker is foreign code.
    pub(crate) fn wake_all(&self) {
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let woken = {
            let mut wakers = lock(&self.wakers);
            self.count.store(0, Ordering::Relaxed);
            std::mem::take(&mut *wakers)
        };
        for (_, waker) in woken {
            waker.wake();
        }
    }
}
