//! Custom sinks, whose panics do not reach the call.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::PanicCounter;

use crate::{LogRecord, LogSink, SpanData, SpanSink};

/// A sink whose panics are counted. A span or record on which it panics is lost. After a panic in
/// `has_capacity`, it has none for that span or record.
///
/// ```
/// use gusset_data::{ContainedSink, SpanData, SpanSink};
///
/// struct Broken;
/// impl SpanSink for Broken {
///     fn export(&self, _: SpanData) {}
///     fn has_capacity(&self) -> bool {
///         panic!("on purpose")
///     }
/// }
///
/// let sink = ContainedSink::new(Broken, || eprintln!("spans are lost"));
/// assert!(!sink.has_capacity());
/// assert_eq!(sink.panics().count(), 1);
/// ```
#[derive(Debug)]
pub struct ContainedSink<K> {
    sink: K,
    panics: Arc<PanicCounter>,
    report: fn(),
}

// === impl ContainedSink ===

impl<K> ContainedSink<K> {
    /// Contains the panics of a sink. The first one calls `report`.
    pub fn new(sink: K, report: fn()) -> Self {
        Self {
            sink,
            panics: Arc::default(),
            report,
        }
    }

    /// Contains the panics of a sink, and counts them together with those of others. The first one calls
    /// `report`.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use gusset_core::PanicCounter;
    /// use gusset_data::ContainedSink;
    ///
    /// let panics = Arc::new(PanicCounter::new());
    /// let sink = ContainedSink::with_counter("a sink", panics.clone(), || ());
    /// assert!(Arc::ptr_eq(sink.panics(), &panics));
    /// ```
    pub fn with_counter(sink: K, panics: Arc<PanicCounter>, report: fn()) -> Self {
        Self {
            sink,
            panics,
            report,
        }
    }

    /// Returns the counter of the panics.
    pub fn panics(&self) -> &Arc<PanicCounter> {
        &self.panics
    }
}

impl<K: SpanSink> SpanSink for ContainedSink<K> {
    #[inline]
    fn export(&self, span: SpanData) {
        let _ = self.panics.catch(|| self.sink.export(span), self.report);
    }

    #[inline]
    fn has_capacity(&self) -> bool {
        let capacity = self.panics.catch(|| self.sink.has_capacity(), self.report);
        capacity.unwrap_or(false)
    }

    fn takes_unsampled(&self) -> bool {
        let taken = self
            .panics
            .catch(|| self.sink.takes_unsampled(), self.report);
        taken.unwrap_or(false)
    }

    fn count_dropped(&self) {
        let _ = self.panics.catch(|| self.sink.count_dropped(), self.report);
    }

    fn has_queue(&self) -> bool {
        let has_queue = self.panics.catch(|| self.sink.has_queue(), self.report);
        has_queue.unwrap_or(false)
    }

    fn flush(&self, timeout: Duration) -> bool {
        let flushed = self.panics.catch(|| self.sink.flush(timeout), self.report);
        flushed.unwrap_or(false)
    }
}

impl<K: LogSink> LogSink for ContainedSink<K> {
    #[inline]
    fn export(&self, record: LogRecord) {
        let _ = self.panics.catch(|| self.sink.export(record), self.report);
    }

    #[inline]
    fn has_capacity(&self) -> bool {
        let capacity = self.panics.catch(|| self.sink.has_capacity(), self.report);
        capacity.unwrap_or(false)
    }

    fn count_dropped(&self) {
        let _ = self.panics.catch(|| self.sink.count_dropped(), self.report);
    }

    fn has_queue(&self) -> bool {
        let has_queue = self.panics.catch(|| self.sink.has_queue(), self.report);
        has_queue.unwrap_or(false)
    }

    fn flush(&self, timeout: Duration) -> bool {
        let flushed = self.panics.catch(|| self.sink.flush(timeout), self.report);
        flushed.unwrap_or(false)
    }
}
