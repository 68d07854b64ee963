//! The queue of a [`QueuedSink`](super::QueuedSink), and the thread that empties it.

use std::any::TypeId;
use std::cell::Cell;
#[cfg(feature = "recorder")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use gusset_core::{Clock, PanicCounter};

use super::Sink;

/// How long the thread lets items collect once it was woken: a busy service wakes it, which is a system call, at
/// most once in this time.
const COLLECT_TIME: Duration = Duration::from_millis(10);

thread_local! {
    /// The type of the items whose sink this thread calls.
    static DELIVERED_TYPE: Cell<Option<TypeId>> = const { Cell::new(None) };
}

/// A bounded queue in front of a sink.
pub(super) struct Queue<T> {
    items: ArrayQueue<T>,
    pub(super) sink: Box<dyn Sink<T>>,
    /// Whether the thread will look at the queue without being woken.
    is_awake: AtomicBool,
    is_closed: AtomicBool,
    /// Whether the sink has an item that it has not returned from.
    is_delivering: AtomicBool,
    pub(super) dropped: AtomicU64,
    pub(super) panics: PanicCounter,
    flushes: Mutex<Flushes>,
    flushed: Condvar,
    #[cfg(feature = "recorder")]
    pub(super) counters: OnceLock<QueueCounters>,
}

/// The counters of a queue in a recorder.
#[cfg(feature = "recorder")]
pub(super) struct QueueCounters {
    pub(super) processed: metrics::Counter,
    pub(super) dropped: metrics::Counter,
}

/// The requests to flush, by number.
#[derive(Default)]
struct Flushes {
    requested: u64,
    completed: u64,
    /// When the last request is over.
    deadline: Option<Instant>,
    /// Whether the sink completed the last one.
    is_complete: bool,
}

#[cold]
fn report_panic() {
    tracing::error!(
        target: "gusset",
        "a sink of telemetry panicked, what it was given is lost; further panics are counted and not logged"
    );
}

// === impl Queue ===

impl<T: Send + 'static> Queue<T> {
    pub(super) fn new(sink: impl Sink<T>, capacity: usize) -> Self {
        Self {
            items: ArrayQueue::new(capacity),
            sink: Box::new(sink),
            is_awake: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            is_delivering: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            panics: PanicCounter::new(),
            flushes: Mutex::default(),
            flushed: Condvar::new(),
            #[cfg(feature = "recorder")]
            counters: OnceLock::new(),
        }
    }

    /// Adds an item, or counts it as dropped. Returns whether the thread has to be woken.
    pub(super) fn push(&self, item: T) -> bool {
        if Self::is_of_this_thread() {
            return false;
        }
        if self.is_closed.load(Ordering::Relaxed) || self.items.push(item).is_err() {
            self.add_dropped();
            return false;
        }
        // Read and written at once, as by the thread before it sleeps: of the two, one is the first. If it is this,
        // the thread then finds the item. Otherwise it is woken.
        !self.is_awake.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_not_full(&self) -> bool {
        !self.is_closed.load(Ordering::Relaxed)
            && !self.items.is_full()
            && !Self::is_of_this_thread()
    }

    pub(super) fn add_dropped(&self) {
        if Self::is_of_this_thread() {
            return;
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "recorder")]
        if let Some(counters) = self.counters.get() {
            counters.dropped.increment(1);
        }
    }

    /// Returns the number of items that the sink has not taken yet.
    pub(super) fn pending(&self) -> usize {
        self.items.len() + usize::from(self.is_delivering.load(Ordering::Relaxed))
    }

    /// Closes the queue for new items. The thread ends when it is empty.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Adds a request to flush. Returns its number.
    pub(super) fn request_flush(&self, deadline: Instant) -> u64 {
        let mut flushes = lock(&self.flushes);
        flushes.requested += 1;
        flushes.deadline = Some(deadline);
        flushes.requested
    }

    /// Waits until a flush has ended. Returns whether it was complete before the timeout.
    pub(super) fn wait_for_flush(&self, request: u64, timeout: Duration) -> bool {
        let flushes = lock(&self.flushes);
        let is_running = |flushes: &mut Flushes| flushes.completed < request;
        let waited = self
            .flushed
            .wait_timeout_while(flushes, timeout, is_running);
        let (flushes, _) = waited.unwrap_or_else(PoisonError::into_inner);
        flushes.completed >= request && flushes.is_complete
    }

    /// Returns whether this thread calls a sink of such items. What such a sink causes would come back to it, or to
    /// the sink beside it, without end.
    pub(super) fn is_of_this_thread() -> bool {
        let of_thread = DELIVERED_TYPE.try_with(Cell::get).ok().flatten();
        of_thread == Some(TypeId::of::<T>())
    }

    /// Empties the queue until it is closed. It is all that its thread does.
    pub(super) fn run(&self) {
        DELIVERED_TYPE.set(Some(TypeId::of::<T>()));
        loop {
            // Before the items, so that those before the request are among them.
            let request = self.flush_request();
            let is_closed = self.is_closed.load(Ordering::Acquire);
            // Not to the end: items that come meanwhile must not delay a flush forever.
            for _ in 0..self.items.len() {
                match self.items.pop() {
                    Some(item) => self.deliver(item),
                    None => break,
                }
            }
            if let Some((request, deadline)) = request {
                self.flush_sink(request, deadline);
            } else if self.items.is_empty() {
                if is_closed {
                    return;
                }
                self.sleep();
            }
        }
    }

    fn deliver(&self, item: T) {
        self.is_delivering.store(true, Ordering::Relaxed);
        let deliver = || {
            #[cfg(feature = "recorder")]
            if let Some(counters) = self.counters.get() {
                counters.processed.increment(1);
            }
            match self.sink.has_item_capacity() {
                true => self.sink.export_item(item),
                false => self.sink.count_dropped_item(),
            }
        };
        let _ = self.panics.catch(deliver, report_panic);
        self.is_delivering.store(false, Ordering::Relaxed);
    }

    fn flush_sink(&self, request: u64, deadline: Instant) {
        let timeout = deadline.saturating_duration_since(Clock::system().now());
        let flushed = self
            .panics
            .catch(|| self.sink.flush_items(timeout), report_panic);
        let mut flushes = lock(&self.flushes);
        flushes.completed = request;
        flushes.is_complete = flushed.unwrap_or(false);
        drop(flushes);
        self.flushed.notify_all();
    }

    /// Waits for an item, a flush or the end.
    fn sleep(&self) {
        self.is_awake.swap(false, Ordering::AcqRel);
        let is_idle = || {
            self.items.is_empty()
                && self.flush_request().is_none()
                && !self.is_closed.load(Ordering::Acquire)
        };
        // Who changes one of these after this check wakes the thread, which a `park` that follows does not miss.
        if is_idle() {
            thread::park();
        }
        self.is_awake.swap(true, Ordering::AcqRel);
        if self.flush_request().is_none() && !self.is_closed.load(Ordering::Acquire) {
            thread::park_timeout(COLLECT_TIME);
        }
    }

    fn flush_request(&self) -> Option<(u64, Instant)> {
        let flushes = lock(&self.flushes);
        let deadline = flushes.deadline?;
        (flushes.requested > flushes.completed).then_some((flushes.requested, deadline))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that can panic runs under the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
