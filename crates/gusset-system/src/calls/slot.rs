//! The state of a call, part of which other threads read while it is in flight.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Wake;

use gusset_core::Pool;

use super::settings::Settings;
use super::thread;
use super::times::TimeSplit;
use super::wake::Wakes;
use super::word::Word;

/// The greatest number of calls in flight that are published. Others are measured too.
const MAX_SLOTS: usize = 1 << 16;

/// The slots of the process. A slot is used again by later calls, so this is as long as the greatest number of
/// calls that were in flight at once.
static SLOTS: Mutex<Vec<Weak<CallSlot>>> = Mutex::new(Vec::new());

thread_local! {
    static POOL: Pool<CallSlot> = const { Pool::new() };
}

/// No time: of a slot without a call, of a call that is not polled.
const NONE: u64 = 0;

/// The state of one call. Times are ticks.
///
/// The call writes, and any thread reads what the call does. Each value is one word, so that no value is torn. A reader
/// takes the start before and after the others: if it has changed, the slot was used again meanwhile.
#[derive(Debug, Default)]
pub(super) struct CallSlot {
    started: AtomicU64,
    polling_since: AtomicU64,
    /// The thread that polls.
    thread: AtomicU32,
    /// The monitor and the route of the call.
    owner: AtomicU64,
    is_listed: AtomicBool,
    pub(super) split: TimeSplit,
    /// When the times were last added to those of the route.
    pub(super) published: Word,
    pub(super) wakes: Wakes,
}

/// What a thread has read of a call in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) route: u32,
    pub(super) started: u64,
    pub(super) polling_since: Option<u64>,
    pub(super) thread: u32,
}

// === impl CallSlot ===

impl CallSlot {
    /// Returns a slot for a call. It is not published if too many calls are in flight.
    #[inline]
    pub(super) fn acquire(settings: &Settings, route: u32, started: u64) -> Arc<Self> {
        let slot = Pool::acquire(&POOL);
        if !slot.is_listed.load(Ordering::Relaxed) {
            list(&slot);
        }
        if slot.owner.load(Ordering::Relaxed) >> 32 != u64::from(settings.monitor) {
            slot.wakes.set_ticks(&settings.ticks);
        }
        slot.set_route(settings.monitor, route);
        slot.split.start(started);
        slot.published.set(started);
        slot.started.store(started, Ordering::Release);
        slot
    }

    /// Ends the call.
    #[inline]
    pub(super) fn release(self: Arc<Self>) {
        self.started.store(NONE, Ordering::Release);
        self.polling_since.store(NONE, Ordering::Relaxed);
        // Wakers of the call that were not dropped have to wake its task, and not that of a later call.
        if Arc::strong_count(&self) == 1 {
            self.wakes.clear();
            Pool::release(&POOL, self);
        }
    }

    #[inline]
    pub(super) fn set_route(&self, monitor: u32, route: u32) {
        let owner = u64::from(monitor) << 32 | u64::from(route);
        self.owner.store(owner, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn enter(&self, now: u64) {
        self.split.enter(now, self.wakes.take());
        self.thread.store(thread::id(), Ordering::Relaxed);
        self.polling_since.store(now, Ordering::Release);
    }

    /// Ends a poll. Returns how long it was.
    #[inline]
    pub(super) fn exit(&self, now: u64) -> u64 {
        self.polling_since.store(NONE, Ordering::Relaxed);
        self.split.exit(now)
    }

    fn read(&self, monitor: u32) -> Option<Reading> {
        let started = self.started.load(Ordering::Acquire);
        let polling_since = self.polling_since.load(Ordering::Acquire);
        let thread = self.thread.load(Ordering::Relaxed);
        let owner = self.owner.load(Ordering::Acquire);
        let is_same = self.started.load(Ordering::Relaxed) == started;
        let is_owned = owner >> 32 == u64::from(monitor);
        (started != NONE && is_same && is_owned).then_some(Reading {
            // The low half.
            route: owner as u32,
            started,
            polling_since: (polling_since != NONE).then_some(polling_since),
            thread,
        })
    }
}

/// A slot is the waker of its call.
impl Wake for CallSlot {
    fn wake(self: Arc<Self>) {
        self.wakes.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.wake();
    }
}

/// Returns what the calls of a monitor are doing, in no order.
pub(super) fn readings(monitor: u32) -> Vec<Reading> {
    let slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    let slots = slots.iter().filter_map(Weak::upgrade);
    slots.filter_map(|slot| slot.read(monitor)).collect()
}

/// Adds a new slot to those that are read, unless there are too many.
#[cold]
fn list(slot: &Arc<CallSlot>) {
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    // Slots of threads that have exited. Before the list grows, so that this takes constant time on average.
    if slots.len() == slots.capacity() {
        slots.retain(|slot| slot.strong_count() > 0);
    }
    if slots.len() < MAX_SLOTS {
        slots.push(Arc::downgrade(slot));
        slot.is_listed.store(true, Ordering::Relaxed);
    }
}
