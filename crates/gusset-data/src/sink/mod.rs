//! Sinks in front of other sinks: a queue, and a split to two destinations.

mod flushing;
mod queue;
mod queued;
mod tee;

use std::time::Duration;

pub use self::flushing::Flushing;
pub use self::queued::QueuedSink;
pub use self::tee::Tee;
use crate::{LogRecord, LogSink, SpanData, SpanSink};

/// The W3C trace flag of sampled spans.
const SAMPLED: u8 = 1;

/// What [`SpanSink`] and [`LogSink`] have in common. [`QueuedSink`] and [`Tee`] take either.
///
/// Every `SpanSink` is a `Sink<SpanData>`, and every `LogSink` a `Sink<LogRecord>`. Implement those.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink for `{T}`",
    label = "implement `SpanSink` for spans, `LogSink` for log records"
)]
pub trait Sink<T>: sealed::Sealed<T> + Send + Sync + 'static {
    /// Exports an item: [`SpanSink::export`], [`LogSink::export`].
    fn export_item(&self, item: T);

    /// Returns whether the sink takes spans that are not sampled: [`SpanSink::takes_unsampled`]. Records are not
    /// sampled.
    fn takes_unsampled_items(&self) -> bool;

    /// Returns whether the sink takes an item: a span that is sampled, or any if it takes those that are not.
    fn takes_item(&self, item: &T) -> bool;

    /// Returns whether there is capacity for one more item: [`SpanSink::has_capacity`].
    fn has_item_capacity(&self) -> bool;

    /// Counts an item as dropped: [`SpanSink::count_dropped`].
    fn count_dropped_item(&self);

    /// Returns whether the sink has a queue of its own: [`SpanSink::has_queue`].
    fn has_item_queue(&self) -> bool;

    /// Delivers what is buffered: [`SpanSink::flush`].
    fn flush_items(&self, timeout: Duration) -> bool;
}

mod sealed {
    pub trait Sealed<T> {}
}

/// Makes each sink of one trait a `Sink` of its items, and `QueuedSink` and `Tee` sinks of that trait.
macro_rules! sinks {
    ($trait:ident, $item:ty, $takes_unsampled:expr, $is_sampled:expr, { $($unsampled:tt)* }) => {
        impl<K: $trait> sealed::Sealed<$item> for K {}

        impl<K: $trait> Sink<$item> for K {
            fn export_item(&self, item: $item) {
                self.export(item);
            }
            fn takes_unsampled_items(&self) -> bool {
                $takes_unsampled(self)
            }
            fn takes_item(&self, item: &$item) -> bool {
                $is_sampled(item) || $takes_unsampled(self)
            }
            fn has_item_capacity(&self) -> bool {
                self.has_capacity()
            }
            fn count_dropped_item(&self) {
                self.count_dropped();
            }
            fn has_item_queue(&self) -> bool {
                self.has_queue()
            }
            fn flush_items(&self, timeout: Duration) -> bool {
                self.flush(timeout)
            }
        }

        impl $trait for QueuedSink<$item> {
            fn export(&self, item: $item) {
                self.push(item);
            }
            fn has_capacity(&self) -> bool {
                self.is_not_full()
            }
            fn count_dropped(&self) {
                self.add_dropped();
            }
            fn has_queue(&self) -> bool {
                true
            }
            fn flush(&self, timeout: Duration) -> bool {
                Self::flush(self, timeout)
            }
            $($unsampled)*
        }

        impl $trait for Tee<$item> {
            fn export(&self, item: $item) {
                self.export_to_both(item);
            }
            fn has_capacity(&self) -> bool {
                self.any_has_capacity()
            }
            fn count_dropped(&self) {
                self.add_dropped_to_both();
            }
            fn has_queue(&self) -> bool {
                true
            }
            fn flush(&self, timeout: Duration) -> bool {
                Self::flush(self, timeout)
            }
            $($unsampled)*
        }
    };
}

sinks!(
    SpanSink,
    SpanData,
    K::takes_unsampled,
    |span: &SpanData| span.flags & SAMPLED != 0,
    {
        fn takes_unsampled(&self) -> bool {
            self.any_takes_unsampled()
        }
    }
);
sinks!(LogSink, LogRecord, |_: &K| false, |_: &LogRecord| true, {});
