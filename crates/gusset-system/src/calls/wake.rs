//! When a call is woken, and the task that polls it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::ticks::Ticks;
use super::word::Word;

/// The wakes of one call.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    /// When the call was woken first since its last poll began. Zero if it was not.
    //
    // Any thread that wakes the call writes it too. If two do so at once, the reading of either is as good.
    woken: Word,
    /// The parts of the task's waker, from which it is seen without a lock that it is the same. Zero without one.
    data: Word,
    vtable: Word,
    /// The task that polls the call.
    task: Mutex<Option<Waker>>,
    /// The clock of the monitor.
    ticks: Mutex<Option<Ticks>>,
}

// === impl Wakes ===

impl Wakes {
    /// Sets the clock, if the slot was used by another monitor before.
    #[cold]
    pub(super) fn set_ticks(&self, ticks: &Ticks) {
        *lock(&self.ticks) = Some(ticks.clone());
    }

    /// Sets the task that polls the call now.
    #[inline]
    pub(super) fn set_task(&self, task: &Waker) {
        // What `Waker::will_wake` compares.
        let vtable: *const _ = task.vtable();
        let (data, vtable) = (task.data().addr() as u64, vtable.addr() as u64);
        if data != self.data.get() || vtable != self.vtable.get() {
            self.data.set(data);
            self.vtable.set(vtable);
            self.replace(Some(task.clone()));
        }
    }

    /// Forgets the task, which it would keep in memory, and that it was woken.
    #[inline]
    pub(super) fn clear(&self) {
        self.forget();
        if self.vtable.get() != 0 {
            self.data.set(0);
            self.vtable.set(0);
            self.replace(None);
        }
    }

    #[inline]
    fn replace(&self, task: Option<Waker>) {
        // The code of the executor runs without the lock.
        let before = std::mem::replace(&mut *lock(&self.task), task);
        drop(before);
    }

    /// Notes that the call is woken, and wakes its task.
    pub(super) fn wake(&self) {
        if self.woken.get() == 0 {
            let now = lock(&self.ticks).as_ref().map(Ticks::now);
            self.woken.set(now.unwrap_or_default());
        }
        // A waker is a counted reference. It may be woken more than once, so it stays.
        let task = lock(&self.task).clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Returns when the call was woken since the last time.
    #[inline]
    pub(super) fn take(&self) -> Option<u64> {
        let woken = self.woken.get();
        if woken == 0 {
            return None;
        }
        // A wake in between is before the poll that begins, and was noted already.
        self.forget();
        Some(woken)
    }

    /// Forgets a wake of what is complete.
    #[inline]
    pub(super) fn forget(&self) {
        self.woken.set(0);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
