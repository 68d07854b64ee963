//! The queue between the threads of requests and the thread that exports.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use gusset_core::PanicCounter;
use gusset_data::{BatchQueue, Rejected, SpanData, SpanSink};

use super::config::BatchConfig;
use super::metrics::ProcessorMetrics;
use super::requests::Requests;
use super::suppression::is_suppressed;

/// Sends spans to the queue of a [`SpanExporterPipeline`](super::SpanExporterPipeline). A handle that is cheap to
/// clone.
///
/// [`export`](SpanSink::export) is a push: it converts nothing, takes no lock, allocates nothing and never blocks.
/// If the queue is full, or after the shutdown, the span is dropped and counted.
#[derive(Clone)]
pub struct SpanExporterSink {
    pub(super) shared: Arc<Shared>,
}

/// What the sinks, the owner and the thread of a pipeline share.
pub(super) struct Shared {
    pub(super) queue: BatchQueue<SpanData>,
    /// The thread that exports, which is unparked by a complete batch and by a request.
    pub(super) thread: Arc<OnceLock<Thread>>,
    pub(super) requests: Requests,
    pub(super) metrics: ProcessorMetrics,
    pub(super) exported: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) dropped: AtomicU64,
    /// The number of spans that are being exported.
    pub(super) in_flight: AtomicUsize,
    pub(super) panics: PanicCounter,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(config: BatchConfig, metrics: ProcessorMetrics) -> Self {
        let thread = Arc::<OnceLock<Thread>>::default();
        let notified = thread.clone();
        let notify = move || unpark(&notified);
        Self {
            queue: BatchQueue::new(config.max_queue_size, config.max_batch_size, notify),
            thread,
            requests: Requests::default(),
            metrics,
            exported: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            panics: PanicCounter::new(),
        }
    }

    pub(super) fn unpark(&self) {
        unpark(&self.thread);
    }

    #[cold]
    fn count_dropped(&self, reason: Rejected) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.metrics.count_dropped(reason);
    }
}

fn unpark(thread: &OnceLock<Thread>) {
    if let Some(thread) = thread.get() {
        thread.unpark();
    }
}

// === impl SpanExporterSink ===

impl SpanSink for SpanExporterSink {
    #[inline]
    fn export(&self, span: SpanData) {
        if is_suppressed() {
            return;
        }
        if let Err(reason) = self.shared.queue.push(span) {
            self.shared.count_dropped(reason);
        }
    }

    fn has_capacity(&self) -> bool {
        !is_suppressed() && self.shared.queue.check_capacity().is_ok()
    }

    fn count_dropped(&self) {
        if !is_suppressed() {
            let reason = self.shared.queue.check_capacity().err();
            self.shared
                .count_dropped(reason.unwrap_or(Rejected::QueueFull));
        }
    }

    fn has_queue(&self) -> bool {
        true
    }
}

impl fmt::Debug for SpanExporterSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanExporterSink")
            .field("queued", &self.shared.queue.len())
            .finish_non_exhaustive()
    }
}
