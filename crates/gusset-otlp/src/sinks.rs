//! The sinks that receive spans and log records.

use std::fmt;
use std::sync::Arc;

use gusset_data::{LogRecord, LogSink, SpanData, SpanSink};

use crate::batch_queue::BatchQueue;
use crate::diagnostics;

/// Sends spans to the pipeline's queue. A handle that is cheap to clone.
///
/// [`export`](SpanSink::export) takes no lock, allocates nothing and never blocks: the queue is allocated
/// at start. If the queue is full, the span is dropped and counted.
/// [`flush`](SpanSink::flush) does nothing: the pipeline flushes.
///
/// [`has_capacity`](SpanSink::has_capacity) returns `false` while the queue is full, after a shutdown, and
/// if traces are not exported. A collector that is down for long then costs a request no more than a
/// disabled exporter.
#[derive(Clone)]
pub struct OtlpSpanSink {
    queue: Option<Arc<BatchQueue<SpanData>>>,
}

/// Sends log records to the pipeline's queue. A handle that is cheap to clone.
///
/// It behaves as [`OtlpSpanSink`]. Records that are logged by an export, on the pipeline's threads, are
/// ignored, because each export would create the next one.
#[derive(Clone)]
pub struct OtlpLogSink {
    queue: Option<Arc<BatchQueue<LogRecord>>>,
}

// === impl OtlpSpanSink ===

impl OtlpSpanSink {
    pub(crate) fn new(queue: Option<Arc<BatchQueue<SpanData>>>) -> Self {
        Self { queue }
    }

    pub(crate) fn queue(&self) -> Option<&BatchQueue<SpanData>> {
        self.queue.as_deref()
    }
}

impl SpanSink for OtlpSpanSink {
    fn export(&self, span: SpanData) {
        if let Some(queue) = &self.queue {
            queue.push(span);
        }
    }

    fn has_capacity(&self) -> bool {
        self.queue
            .as_ref()
            .is_some_and(|queue| queue.has_capacity())
    }

    fn count_dropped(&self) {
        if let Some(queue) = &self.queue {
            queue.count_not_built();
        }
    }

    fn has_queue(&self) -> bool {
        true
    }
}

impl fmt::Debug for OtlpSpanSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_sink(f, "OtlpSpanSink", self.queue().map(BatchQueue::len))
    }
}

// === impl OtlpLogSink ===

impl OtlpLogSink {
    pub(crate) fn new(queue: Option<Arc<BatchQueue<LogRecord>>>) -> Self {
        Self { queue }
    }

    pub(crate) fn queue(&self) -> Option<&BatchQueue<LogRecord>> {
        self.queue.as_deref()
    }
}

impl LogSink for OtlpLogSink {
    fn export(&self, record: LogRecord) {
        // Log entries of this crate are about the exporter itself. They are not exported, whichever
        // thread logs them.
        if record.scope == diagnostics::TARGET {
            return;
        }
        if let Some(queue) = &self.queue {
            queue.push(record);
        }
    }

    fn has_capacity(&self) -> bool {
        self.queue
            .as_ref()
            .is_some_and(|queue| queue.has_capacity())
    }

    fn count_dropped(&self) {
        if let Some(queue) = &self.queue {
            queue.count_not_built();
        }
    }

    fn has_queue(&self) -> bool {
        true
    }
}

impl fmt::Debug for OtlpLogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_sink(f, "OtlpLogSink", self.queue().map(BatchQueue::len))
    }
}

fn fmt_sink(f: &mut fmt::Formatter<'_>, name: &str, queued: Option<usize>) -> fmt::Result {
    f.debug_struct(name)
        .field("queued", &queued)
        .finish_non_exhaustive()
}
