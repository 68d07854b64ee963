//! One sink that passes everything to two.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;

use super::flushing::Flushing;
use super::{QueuedSink, Sink};

/// Passes each span or log record to two sinks. A [`SpanSink`](crate::SpanSink) or [`LogSink`](crate::LogSink), as
/// both of them. For a third, one of the two is a `Tee` itself.
///
/// Each has a queue of its own, so one that is slow, full or panics neither holds nor starves the other: those that
/// bring no queue ([`has_queue`](crate::SpanSink::has_queue)) get a [`QueuedSink`]. What a full one does not take is
/// dropped there alone, and counted there alone ([`dropped`](Self::dropped)).
///
/// Costs a clone of the span or record: an allocation for its attributes, and one for each text over 23 bytes.
///
/// ```
/// use std::time::Duration;
///
/// use gusset_data::{SpanData, SpanSink, Tee};
///
/// struct Print(&'static str);
/// impl SpanSink for Print {
///     fn export(&self, span: SpanData) {
///         println!("{}: {}", self.0, span.name);
///     }
/// }
///
/// let tee: Tee<SpanData> = Tee::new(Print("a"), Print("b"));
/// let spans = tee.clone(); // … for the spans of calls
/// assert!(tee.flush(Duration::from_secs(5)));
/// assert_eq!(tee.dropped(), [0, 0]);
/// ```
pub struct Tee<T: Send + 'static>([Destination<T>; 2]);

struct Destination<T: Send + 'static> {
    sink: Arc<dyn Sink<T>>,
    /// The queue that was made for it, which is the sink.
    queue: Option<QueuedSink<T>>,
}

// === impl Tee ===

impl<T: Send + 'static> Tee<T>
where
    QueuedSink<T>: Sink<T>,
{
    /// Creates a sink for two destinations. Starts a thread for each that has no queue.
    pub fn new(first: impl Sink<T>, second: impl Sink<T>) -> Self {
        Self([Destination::new(first), Destination::new(second)])
    }
}

impl<T: Send + 'static> Tee<T> {
    /// Returns the numbers of items that the queues of the first and the second destination dropped because they
    /// were full. It is 0 for a destination that brought its queue, which counts them itself.
    pub fn dropped(&self) -> [u64; 2] {
        self.0.each_ref().map(|destination| {
            let queue = destination.queue.as_ref();
            queue.map_or(0, QueuedSink::dropped)
        })
    }

    /// Flushes both at the same time. Returns whether both were complete before the timeout.
    pub fn flush(&self, timeout: Duration) -> bool {
        let clock = Clock::system();
        let started = clock.now();
        let flushing = self.0.each_ref().map(|destination| {
            let sink = destination.sink.clone();
            Flushing::begin(move || sink.flush_items(timeout))
        });
        let is_complete = |flushing: Flushing| {
            let elapsed = clock.now().saturating_duration_since(started);
            flushing.wait(timeout.saturating_sub(elapsed))
        };
        // Not `all`, which would not look at the second one; it may be complete all the same.
        let [first, second] = flushing.map(is_complete);
        first && second
    }

    pub(super) fn any_has_capacity(&self) -> bool {
        self.0.iter().any(|it| it.sink.has_item_capacity())
    }

    pub(super) fn any_takes_unsampled(&self) -> bool {
        self.0.iter().any(|it| it.sink.takes_unsampled_items())
    }

    pub(super) fn add_dropped_to_both(&self) {
        for destination in &self.0 {
            destination.sink.count_dropped_item();
        }
    }
}

impl<T: Clone + Send + 'static> Tee<T> {
    pub(super) fn export_to_both(&self, item: T) {
        let [first, second] = &self.0;
        if first.sink.takes_item(&item) {
            // One that is full costs no clone.
            match first.sink.has_item_capacity() {
                true => first.sink.export_item(item.clone()),
                false => first.sink.count_dropped_item(),
            }
        }
        if second.sink.takes_item(&item) {
            second.sink.export_item(item);
        }
    }
}

impl<T: Send + 'static> Clone for Tee<T> {
    fn clone(&self) -> Self {
        Self(self.0.each_ref().map(|destination| Destination {
            sink: destination.sink.clone(),
            queue: destination.queue.clone(),
        }))
    }
}

impl<T: Send + 'static> fmt::Debug for Tee<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tee")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

// === impl Destination ===

impl<T: Send + 'static> Destination<T>
where
    QueuedSink<T>: Sink<T>,
{
    fn new(sink: impl Sink<T>) -> Self {
        if sink.has_item_queue() {
            return Self {
                sink: Arc::new(sink),
                queue: None,
            };
        }
        let queue = QueuedSink::new(sink);
        Self {
            sink: Arc::new(queue.clone()),
            queue: Some(queue),
        }
    }
}
