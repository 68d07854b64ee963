//! A sink behind a queue of its own.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, Thread};
use std::time::Duration;

use gusset_core::Clock;

use super::Sink;
use super::queue::Queue;
#[cfg(feature = "recorder")]
use super::queue::QueueCounters;

/// The default of OpenTelemetry's batch processors.
const DEFAULT_CAPACITY: NonZeroUsize = NonZeroUsize::new(2048).unwrap();
/// The limit of timeouts, so that they can be added to a time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Puts a queue and a thread of its own in front of a sink, so that it may block: a file, a socket, a library that
/// waits. A [`SpanSink`](crate::SpanSink) or [`LogSink`](crate::LogSink), as the sink behind it. Clones share the
/// queue.
///
/// The threads of calls never wait: if the queue is full, an item is dropped and counted
/// ([`dropped`](Self::dropped)). An item is with the sink some 10 ms later. What a sink logs or traces on its thread
/// itself does not come back to it.
///
/// When the last handle is dropped, the thread empties the queue and ends, and the drop does not wait for it:
/// [`flush`](Self::flush) before the process ends. A child created by `fork()` has no such thread.
///
/// ```
/// use std::time::Duration;
///
/// use gusset_data::{LogRecord, LogSink, QueuedSink};
///
/// struct Print;
/// impl LogSink for Print {
///     fn export(&self, record: LogRecord) {
///         println!("{}", record.body);
///     }
/// }
///
/// let sink: QueuedSink<LogRecord> = QueuedSink::new(Print);
/// let logs = sink.clone(); // … for the log layer
/// assert!(sink.flush(Duration::from_secs(5)));
/// assert_eq!(sink.dropped(), 0);
/// ```
pub struct QueuedSink<T: Send + 'static>(Arc<Handle<T>>);

struct Handle<T: Send + 'static> {
    queue: Arc<Queue<T>>,
    /// `None` if the system has no thread.
    thread: Option<Thread>,
    /// The process that has the thread.
    process_id: u32,
}

// === impl QueuedSink ===

impl<T: Send + 'static> QueuedSink<T> {
    /// Starts the thread of a queue for 2,048 items. If the system has no thread, that is logged, and all items are
    /// dropped and counted.
    pub fn new(sink: impl Sink<T>) -> Self {
        Self::with_capacity(sink, DEFAULT_CAPACITY)
    }

    /// Starts the thread of a queue for this number of items. Its memory, some 400 bytes for each, is allocated
    /// here.
    pub fn with_capacity(sink: impl Sink<T>, capacity: NonZeroUsize) -> Self {
        let queue = Arc::new(Queue::new(sink, capacity.get()));
        let of_thread = queue.clone();
        let thread = thread::Builder::new().name("gusset-sink".to_owned());
        let thread = match thread.spawn(move || of_thread.run()) {
            Ok(handle) => Some(handle.thread().clone()),
            Err(error) => {
                queue.close();
                tracing::error!(
                    target: "gusset",
                    error = &error as &dyn std::error::Error,
                    "no thread for a sink of telemetry, what it would be given is lost"
                );
                None
            }
        };
        let process_id = std::process::id();
        Self(Arc::new(Handle {
            queue,
            thread,
            process_id,
        }))
    }

    /// Counts in these counters too: the items that were taken from the queue, and those that were dropped before
    /// it. The first call counts.
    #[cfg(feature = "recorder")]
    pub fn count_in(&self, processed: metrics::Counter, dropped: metrics::Counter) {
        let _ = self
            .0
            .queue
            .counters
            .set(QueueCounters { processed, dropped });
    }

    /// Returns the number of items that were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.0.queue.dropped.load(Ordering::Relaxed)
    }

    /// Returns the number of items that the sink has not taken yet.
    pub fn pending(&self) -> usize {
        self.0.queue.pending()
    }

    /// Returns the number of panics of the sink. The item of each is lost. The first one is logged.
    pub fn panics(&self) -> u64 {
        self.0.queue.panics.count()
    }

    /// Waits until the sink has what was queued before, and then flushes the sink. Returns whether that was complete
    /// before the timeout. Blocks this thread, at most until then, whatever the sink does.
    pub fn flush(&self, timeout: Duration) -> bool {
        let Handle {
            queue,
            thread,
            process_id,
        } = &*self.0;
        let Some(thread) = thread else { return false };
        // The thread cannot wait for itself, and a forked child does not have it.
        if thread.id() == thread::current().id() || *process_id != std::process::id() {
            return false;
        }
        let timeout = timeout.min(MAX_TIMEOUT);
        let request = queue.request_flush(Clock::system().now() + timeout);
        thread.unpark();
        queue.wait_for_flush(request, timeout)
    }

    pub(super) fn push(&self, item: T) {
        let must_wake = self.0.queue.push(item);
        if let Some(thread) = self.0.thread.as_ref().filter(|_| must_wake) {
            thread.unpark();
        }
    }

    pub(super) fn is_not_full(&self) -> bool {
        self.0.queue.is_not_full()
    }

    pub(super) fn any_takes_unsampled(&self) -> bool {
        self.0.queue.sink.takes_unsampled_items()
    }

    pub(super) fn add_dropped(&self) {
        self.0.queue.add_dropped();
    }
}

impl<T: Send + 'static> Clone for QueuedSink<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + 'static> fmt::Debug for QueuedSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedSink")
            .field("pending", &self.pending())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

// === impl Handle ===

impl<T: Send + 'static> Drop for Handle<T> {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}
