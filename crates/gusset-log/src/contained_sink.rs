//! Calls of custom sinks, whose panics do not reach the code that logs.

use gusset_core::PanicCounter;
use gusset_data::{LogRecord, LogSink};

/// A sink of records. A record on which it panics is lost.
pub(crate) struct ContainedSink<K> {
    sink: K,
    panics: PanicCounter,
}

// === impl ContainedSink ===

impl<K: LogSink> ContainedSink<K> {
    pub(crate) fn new(sink: K) -> Self {
        Self {
            sink,
            panics: PanicCounter::new(),
        }
    }
}

impl<K: LogSink> LogSink for ContainedSink<K> {
    #[inline]
    fn export(&self, record: LogRecord) {
        let _ = self.panics.catch(|| self.sink.export(record), report);
    }

    #[inline]
    fn has_capacity(&self) -> bool {
        let capacity = self.panics.catch(|| self.sink.has_capacity(), report);
        capacity.unwrap_or(false)
    }
}

#[cold]
fn report() {
    tracing::error!(
        target: "gusset::log",
        "the sink of log records panicked, records are lost; further panics are not logged"
    );
}
