//! The sinks of spans and log records: those of the service, and the OTLP pipeline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gusset_core::Clock;
use gusset_data::{
    Flushing, LogRecord, LogSink, MetricDescriptor, QueuedSink, SharedRecorder, Sink, SpanData,
    SpanSink, Tee, contain_recorder, semconv,
};
use gusset_otlp::{OtlpPipeline, Signal, names};
use metrics::Label;

use crate::span_sinks;

/// The time for the sinks if telemetry is dropped without a shutdown: that of the pipeline.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// The sinks that the service has set.
#[derive(Default)]
pub(super) struct SinkSettings {
    pub(super) spans: Vec<Arc<dyn SpanSink>>,
    pub(super) logs: Vec<Arc<dyn LogSink>>,
}

/// The sinks of a process.
pub(super) struct Sinks {
    /// All of spans as one, with the pipeline.
    pub(super) spans: Arc<dyn SpanSink>,
    pub(super) logs: Arc<dyn LogSink>,
    has_own_spans: bool,
    has_own_logs: bool,
    has_ended: AtomicBool,
    span_queues: Vec<QueuedSink<SpanData>>,
    log_queues: Vec<QueuedSink<LogRecord>>,
}

// === impl SinkSettings ===

impl SinkSettings {
    /// Joins the sinks with those of the pipeline. Each has a queue of its own if there are several.
    pub(super) fn build(self, otlp: &OtlpPipeline, recorder: SharedRecorder) -> Sinks {
        let recorder = contain_recorder(recorder);
        let Self {
            mut spans,
            mut logs,
        } = self;
        let (has_own_spans, has_own_logs) = (!spans.is_empty(), !logs.is_empty());
        if otlp.exports(Signal::Traces) || !has_own_spans {
            spans.push(Arc::new(otlp.span_sink()));
        }
        if otlp.exports(Signal::Logs) || !has_own_logs {
            logs.push(Arc::new(otlp.log_sink()));
        }
        let of_spans = ("queued_span_processor", names::SPAN_PROCESSED);
        let span_queues = queue_each(&mut spans, of_spans, &recorder, |queue| Arc::new(queue));
        let of_logs = ("queued_log_processor", names::LOG_PROCESSED);
        let log_queues = queue_each(&mut logs, of_logs, &recorder, |queue| Arc::new(queue));
        let both =
            |first, second| -> Arc<dyn LogSink> { Arc::new(Tee::<LogRecord>::new(first, second)) };
        Sinks {
            spans: span_sinks::join(spans).expect("one was added"),
            logs: logs.into_iter().reduce(both).expect("one was added"),
            has_own_spans,
            has_own_logs,
            has_ended: AtomicBool::new(false),
            span_queues,
            log_queues,
        }
    }
}

/// Puts a queue in front of each sink that has none, unless it is the only one. Returns the queues.
fn queue_each<S, T>(
    sinks: &mut [S],
    (kind, processed): (&'static str, MetricDescriptor),
    recorder: &SharedRecorder,
    to_sink: impl Fn(QueuedSink<T>) -> S,
) -> Vec<QueuedSink<T>>
where
    S: Sink<T> + Clone,
    T: Send + 'static,
{
    let mut queues = Vec::new();
    if sinks.len() == 1 {
        return queues;
    }
    for sink in sinks.iter_mut().filter(|sink| !sink.has_item_queue()) {
        let queue = QueuedSink::new(sink.clone());
        let name = format!("{kind}/{}", queues.len());
        let mut labels = vec![
            Label::new(semconv::OTEL_COMPONENT_NAME, name),
            Label::from_static_parts(semconv::OTEL_COMPONENT_TYPE, kind),
        ];
        let taken = processed.counter(recorder, labels.clone());
        labels.push(Label::from_static_parts(semconv::ERROR_TYPE, "queue_full"));
        queue.count_in(taken, processed.counter(recorder, labels));
        *sink = to_sink(queue.clone());
        queues.push(queue);
    }
    queues
}

// === impl Sinks ===

impl Sinks {
    /// Returns whether the service has set a sink of spans.
    #[cfg(feature = "service")]
    pub(super) fn has_own_spans(&self) -> bool {
        self.has_own_spans
    }

    /// Begins to flush the service's sinks of spans, while the pipeline exports.
    pub(super) fn flush_spans(&self, timeout: Duration) -> Option<Flushing> {
        let sink = self.spans.clone();
        self.has_own_spans
            .then(|| Flushing::begin(move || sink.flush(timeout)))
    }

    /// Begins to flush the service's sinks of log records, while the log is written.
    pub(super) fn flush_logs(&self, timeout: Duration) -> Option<Flushing> {
        let sink = self.logs.clone();
        self.has_own_logs
            .then(|| Flushing::begin(move || sink.flush(timeout)))
    }

    /// Returns the number of spans and records that the sinks with a queue did not take.
    pub(super) fn not_taken(&self) -> u64 {
        let spans = self.span_queues.iter();
        let spans = spans.map(|queue| queue.dropped() + queue.pending() as u64);
        let logs = self.log_queues.iter();
        let logs = logs.map(|queue| queue.dropped() + queue.pending() as u64);
        spans.chain(logs).sum()
    }

    /// Ends the flushing: dropping does not repeat that of a shutdown.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        if self.has_ended.load(Ordering::Relaxed) {
            return;
        }
        let clock = Clock::system();
        let started = clock.now();
        let flushing = [
            self.flush_spans(DROP_TIMEOUT),
            self.flush_logs(DROP_TIMEOUT),
        ];
        for flushing in flushing.into_iter().flatten() {
            let elapsed = clock.now().saturating_duration_since(started);
            // What was lost is in the metrics.
            let _ = flushing.wait(DROP_TIMEOUT.saturating_sub(elapsed));
        }
    }
}
