//! The owner of the thread that exports.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use gusset_core::Clock;
use tokio::sync::oneshot;

use super::queue::{Shared, SpanExporterSink};
use crate::TARGET;

/// Exports gusset's spans through a `SpanExporter` of the SDK: that of `opentelemetry-otlp`, or of a vendor.
///
/// The thread of a request pushes the span to a queue. A thread of the pipeline converts and exports it, so
/// neither a slow exporter nor one that hangs holds a request. It works in services with any runtime or none,
/// and [`shutdown`](Self::shutdown) exports what is queued on a current-thread runtime too: the exporter is
/// created on the thread of the pipeline and has its own runtime there.
///
/// Panics of the exporter are contained, counted and logged. Dropping a pipeline shuts it down within 2 s.
///
/// ```
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// use gusset_opentelemetry::SpanExporterPipeline;
/// use gusset_trace::TraceObserver;
/// use opentelemetry_sdk::Resource;
/// use opentelemetry_sdk::trace::InMemorySpanExporter;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let pipeline = SpanExporterPipeline::builder()
///     .resource(Resource::builder().with_service_name("shop").build())
///     // `opentelemetry_otlp::SpanExporter::builder().with_tonic().build()`, for example
///     .start(|| Ok::<_, Infallible>(InMemorySpanExporter::default()))?;
/// let trace = TraceObserver::server().sink(pipeline.span_sink()).build()?;
/// let report = pipeline.shutdown(Duration::from_secs(5));
/// assert!(report.is_complete);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping the pipeline shuts it down"]
pub struct SpanExporterPipeline {
    shared: Arc<Shared>,
    is_closed: bool,
    /// The process that has the thread. A child that is forked later has no such thread.
    process_id: u32,
}

/// The counts of a [`SpanExporterPipeline`] since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanExportReport {
    /// Spans that the exporter took successfully.
    pub exported: u64,
    /// Spans that the exporter failed to export, or on which it panicked or timed out.
    pub failed: u64,
    /// Spans for which the queue was full or shut down.
    pub dropped: u64,
    /// Spans that are queued or being exported. After a shutdown, they are lost.
    pub pending: u64,
    /// The panics of the exporter.
    pub panics: u64,
    /// Whether a flush or shutdown was completed before its timeout.
    pub is_complete: bool,
}

/// The timeout of the shutdown when a pipeline is dropped.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);
/// The limit of timeouts, so that they can be added to a time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

// === impl SpanExporterPipeline ===

impl SpanExporterPipeline {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            is_closed: false,
            process_id: std::process::id(),
        }
    }

    /// Returns the sink for ended spans.
    pub fn span_sink(&self) -> SpanExporterSink {
        SpanExporterSink {
            shared: self.shared.clone(),
        }
    }

    /// Returns the counts since the start.
    pub fn report(&self) -> SpanExportReport {
        self.shared.report(true)
    }

    /// Exports all queued spans, and flushes the exporter.
    ///
    /// Blocks the thread until that is done, at most for the timeout. What is not exported by then is exported
    /// later.
    pub fn flush(&self, timeout: Duration) -> SpanExportReport {
        if self.is_forked() {
            return self.shared.report(false);
        }
        self.shared.flush(timeout)
    }

    /// Rejects new spans, exports those that are queued, and shuts the exporter down.
    ///
    /// Blocks the thread at most for the timeout, whatever the exporter does. In async code, use
    /// [`shutdown_async`](Self::shutdown_async).
    pub fn shutdown(mut self, timeout: Duration) -> SpanExportReport {
        self.shut_down(timeout)
    }

    /// Shuts down as [`shutdown`](Self::shutdown), without blocking the thread.
    ///
    /// It needs no timer of the runtime. If the future is dropped, the shutdown continues.
    pub async fn shutdown_async(self, timeout: Duration) -> SpanExportReport {
        let shared = self.shared.clone();
        let (sender, report) = oneshot::channel();
        let wait = move || {
            // An error means that the future was dropped.
            let _ = sender.send(self.shutdown(timeout));
        };
        // If the system has no thread, the pipeline is dropped with the closure, which shuts it down.
        let _ = thread::Builder::new()
            .name("gusset-exporter-shutdown".to_owned())
            .spawn(wait);
        report.await.unwrap_or_else(|_| shared.report(false))
    }

    fn is_forked(&self) -> bool {
        self.process_id != std::process::id()
    }

    fn shut_down(&mut self, timeout: Duration) -> SpanExportReport {
        self.is_closed = true;
        self.shared.queue.close();
        if self.is_forked() {
            return self.shared.report(false);
        }
        let timeout = timeout.min(MAX_TIMEOUT);
        // The thread stops a little earlier, so that its answer arrives in time.
        let margin = (timeout / 10).min(Duration::from_millis(50));
        let deadline = Clock::system().now() + (timeout - margin);
        let completed = self.shared.requests.shut_down(deadline);
        self.shared.wait(&completed, timeout)
    }
}

impl Drop for SpanExporterPipeline {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let report = self.shut_down(DROP_TIMEOUT);
        if report.pending > 0 && !self.is_forked() {
            tracing::warn!(
                target: TARGET,
                "{} spans were lost at shutdown; call `shutdown` with a longer timeout before the pipeline is \
                 dropped",
                report.pending
            );
        }
    }
}

impl fmt::Debug for SpanExporterPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanExporterPipeline")
            .field("report", &self.report())
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// Exports what is queued, and waits for that at most for the timeout.
    pub(super) fn flush(&self, timeout: Duration) -> SpanExportReport {
        let timeout = timeout.min(MAX_TIMEOUT);
        let completed = self.requests.flush(Clock::system().now() + timeout);
        self.wait(&completed, timeout)
    }

    fn wait(&self, completed: &Receiver<bool>, timeout: Duration) -> SpanExportReport {
        self.unpark();
        let is_complete = completed.recv_timeout(timeout);
        self.report(is_complete.unwrap_or(false))
    }

    fn report(&self, is_complete: bool) -> SpanExportReport {
        let pending = self.queue.len() + self.in_flight.load(Ordering::Relaxed);
        SpanExportReport {
            exported: self.exported.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            pending: pending as u64,
            panics: self.panics.count(),
            is_complete,
        }
    }
}
