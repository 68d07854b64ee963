//! Who waits for a breaker to let calls through.

use std::task::Waker;

use crate::sync::{AtomicUsize, Mutex, Ordering, lock};

/// The wakers of services that are pending in `poll_ready`. One place a service, so that it does
/// not grow with the number of polls.
#[derive(Debug)]
pub(crate) struct Waiters {
    /// Asked first: as a rule nobody waits, and a vote need not lock.
    waiting: AtomicUsize,
    places: Mutex<Vec<(u64, Waker)>>,
}

// === impl Waiters ===

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            places: Mutex::new(Vec::new()),
        }
    }

    /// Wakes that service at the next chance, in place of what it asked for before.
    pub(crate) fn wait(&self, id: u64, waker: &Waker) {
        let mut places = lock(&self.places);
        match places.iter_mut().find(|(of, _)| *of == id) {
            Some((_, place)) => place.clone_from(waker),
            None => places.push((id, waker.clone())),
        }
        self.waiting.store(places.len(), Ordering::SeqCst);
    }

    /// That service does not wait any longer.
    pub(crate) fn leave(&self, id: u64) {
        let mut places = lock(&self.places);
        places.retain(|(of, _)| *of != id);
        self.waiting.store(places.len(), Ordering::SeqCst);
    }

    /// Wakes all. A waker is anybody's code: the lock is not held.
    pub(crate) fn wake(&self) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return;
        }
        let woken = {
            let mut places = lock(&self.places);
            self.waiting.store(0, Ordering::SeqCst);
            std::mem::take(&mut *places)
        };
        for (_, waker) in woken {
            waker.wake();
        }
    }
}
