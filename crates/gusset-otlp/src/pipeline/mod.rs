//! The pipeline: the value that owns the queues and the worker thread.

mod builder;
mod factory;
mod startup_log;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use gusset_data::Resource;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::batch_queue::ExportCounters;
use crate::diagnostics::SdkLogLevel;
use crate::pending_log::PendingLog;
use crate::report::ExportReport;
use crate::sinks::{OtlpLogSink, OtlpSpanSink};
use crate::worker::FlushRequest;
use crate::{ConfigError, Receiver, Signal};

pub use builder::OtlpPipelineBuilder;

/// The timeout of the shutdown when a pipeline is dropped.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);
/// The limit of timeouts, so that they can be added to a time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Exports traces, metrics and logs to a collector.
///
/// A process can have several pipelines, because nothing is global. Pass
/// [`span_sink`](Self::span_sink) and [`log_sink`](Self::log_sink) to the layers that create spans and log
/// records. Exports run on a thread with its own runtime, so the service may use any runtime or none.
///
/// # Forking
/// A child created by `fork()` has no worker thread, because a fork copies only the thread that calls it.
/// Start the pipeline in the child after the fork. In the child, a pipeline of the parent exports nothing,
/// and [`flush`](Self::flush), [`shutdown`](Self::shutdown) and dropping it return at once. Its report
/// states that it is incomplete.
///
/// Dropping a pipeline shuts it down within 2 s and logs a warning if telemetry was dropped. Use
/// [`shutdown`](Self::shutdown) to set the timeout and to get a report.
#[must_use = "dropping the pipeline shuts it down"]
pub struct OtlpPipeline {
    signals: SignalStates,
    receivers: Vec<Receiver>,
    /// Whether each signal is exported, to a receiver or to the console.
    exported: [bool; 3],
    resource: Resource,
    requests: watch::Sender<FlushRequest>,
    /// The number of tasks, each of which acknowledges a flush request.
    tasks: usize,
    last_request_id: u64,
    is_closed: bool,
    /// The process that started the worker thread. A child that is forked later has no such thread.
    process_id: u32,
    log_level: SdkLogLevel,
    /// The log entries of the start, until there is a subscriber.
    log: PendingLog,
}

/// The sinks and counters of the signals.
#[derive(Clone, Debug)]
struct SignalStates {
    spans: OtlpSpanSink,
    logs: OtlpLogSink,
    data_points: Arc<ExportCounters>,
}

// === impl OtlpPipeline ===

impl OtlpPipeline {
    /// Creates a builder. Its values override environment variables, which override the defaults.
    pub fn builder() -> OtlpPipelineBuilder {
        OtlpPipelineBuilder::default()
    }

    /// Starts a pipeline that is configured by environment variables.
    ///
    /// # Errors
    /// As [`OtlpPipelineBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Returns the sink for ended spans. It never has capacity if traces are not exported.
    pub fn span_sink(&self) -> OtlpSpanSink {
        self.signals.spans.clone()
    }

    /// Returns the sink for log records. It never has capacity if logs are not exported.
    pub fn log_sink(&self) -> OtlpLogSink {
        self.signals.logs.clone()
    }

    /// Returns the resource that all exports contain.
    ///
    /// The builder overrides the environment, which overrides the detected attributes. Pass it to other
    /// exporters, for example that of Prometheus, so that all export the same resource.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the receivers of the signals. None for a signal that is not exported over OTLP.
    pub fn receivers(&self) -> &[Receiver] {
        &self.receivers
    }

    /// Returns whether a signal is exported, to a receiver or to the console.
    pub fn exports(&self, signal: Signal) -> bool {
        self.exported[signal.index()]
    }

    /// Returns the counts since the start.
    pub fn report(&self) -> ExportReport {
        self.signals.report(true)
    }

    /// Exports all queued spans and log records and the current metrics.
    ///
    /// Blocks the thread until everything is exported, at most for the timeout. What is not exported by
    /// then is exported later.
    pub fn flush(&mut self, timeout: Duration) -> ExportReport {
        self.request_flush(false, timeout)
    }

    /// Shuts the pipeline down: rejects new items, exports what is queued and the current metrics, and
    /// reports what was exported and dropped.
    ///
    /// Blocks the thread at most for the timeout, whatever the receiver does, with any runtime and with
    /// none. In async code, use [`shutdown_async`](Self::shutdown_async).
    pub fn shutdown(mut self, timeout: Duration) -> ExportReport {
        self.shut_down(timeout)
    }

    /// Shuts the pipeline down, as [`shutdown`](Self::shutdown), without blocking the thread.
    ///
    /// It needs no timer of the runtime. If the future is dropped, the shutdown continues in the
    /// background until its timeout.
    pub async fn shutdown_async(mut self, timeout: Duration) -> ExportReport {
        if self.tasks == 0 || self.is_forked() {
            return self.shut_down(timeout);
        }
        // A thread waits, so that the timeout holds even on a runtime without a timer.
        let signals = self.signals.clone();
        let (sender, report) = oneshot::channel();
        let wait = move || {
            // An error means that the future was dropped.
            let _ = sender.send(self.shutdown(timeout));
        };
        // If the system has no thread, the pipeline is dropped with the closure, which shuts it down, and the
        // report is incomplete.
        let _ = thread::Builder::new()
            .name("gusset-otlp-shutdown".to_owned())
            .spawn(wait);
        report.await.unwrap_or_else(|_| signals.report(false))
    }

    fn is_forked(&self) -> bool {
        self.process_id != std::process::id()
    }

    fn shut_down(&mut self, timeout: Duration) -> ExportReport {
        self.is_closed = true;
        let SignalStates {
            spans,
            logs,
            data_points: _,
        } = &self.signals;
        if let Some(queue) = spans.queue() {
            queue.close();
        }
        if let Some(queue) = logs.queue() {
            queue.close();
        }
        self.request_flush(true, timeout)
    }

    fn request_flush(&mut self, is_shutdown: bool, timeout: Duration) -> ExportReport {
        if self.is_forked() {
            // Neither waits for the missing thread nor takes its locks, which the fork may have copied
            // while they were held.
            return self.signals.report(false);
        }
        self.log.log();
        let timeout = timeout.min(MAX_TIMEOUT);
        let deadline = Instant::now() + timeout;
        // The tasks stop a little earlier, so that their acknowledgements arrive in time.
        let margin = (timeout / 10).min(Duration::from_millis(50));
        let (completed, completions) = mpsc::sync_channel(self.tasks);
        self.last_request_id += 1;
        self.requests.send_replace(FlushRequest {
            id: self.last_request_id,
            deadline: Some(deadline - margin),
            shutdown_deadline: is_shutdown.then(|| deadline - margin),
            completed: Some(completed),
        });
        let mut completed_in_time = true;
        for _ in 0..self.tasks {
            let time_left = deadline.saturating_duration_since(Instant::now());
            match completions.recv_timeout(time_left) {
                Ok(complete) => completed_in_time &= complete,
                Err(_) => {
                    completed_in_time = false;
                    break;
                }
            }
        }
        self.signals.report(completed_in_time)
    }
}

impl Drop for OtlpPipeline {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let report = self.shut_down(DROP_TIMEOUT);
        // The items that a child inherits are exported by its parent.
        if report.dropped() > 0 && !self.is_forked() {
            self.log_level.warn(format_args!(
                "telemetry was lost at shutdown: {report}; call `shutdown` with a longer timeout before \
                 the pipeline is dropped"
            ));
        }
    }
}

impl fmt::Debug for OtlpPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpPipeline")
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}

// === impl SignalStates ===

impl SignalStates {
    fn report(&self, completed_in_time: bool) -> ExportReport {
        let spans = self.spans.queue().map(|queue| queue.counters.snapshot());
        let logs = self.logs.queue().map(|queue| queue.counters.snapshot());
        let counts = [
            spans.unwrap_or_default(),
            self.data_points.snapshot(),
            logs.unwrap_or_default(),
        ];
        ExportReport::new(counts, completed_in_time)
    }
}
