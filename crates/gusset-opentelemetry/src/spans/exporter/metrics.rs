//! The metrics of the processor: its queue, and the spans that were taken from it or dropped.

use gusset_data::sdk_metrics::{SPAN_PROCESSED, SPAN_QUEUE_CAPACITY, SPAN_QUEUE_SIZE};
use gusset_data::{Rejected, SharedRecorder, semconv};
use metrics::{Counter, Gauge, Label};

/// The value of `otel.component.type`.
const COMPONENT_TYPE: &str = "gusset_span_exporter_processor";

pub(super) struct ProcessorMetrics {
    pub(super) queue_size: Gauge,
    pub(super) processed: Counter,
    queue_full: Counter,
    already_shutdown: Counter,
}

// === impl ProcessorMetrics ===

impl ProcessorMetrics {
    /// Registers the metrics. `index` is different for each pipeline of the process.
    pub(super) fn new(recorder: &SharedRecorder, index: usize, queue_capacity: usize) -> Self {
        let labels = vec![
            Label::new(
                semconv::OTEL_COMPONENT_NAME,
                format!("{COMPONENT_TYPE}/{index}"),
            ),
            Label::from_static_parts(semconv::OTEL_COMPONENT_TYPE, COMPONENT_TYPE),
        ];
        for metric in [SPAN_QUEUE_CAPACITY, SPAN_QUEUE_SIZE, SPAN_PROCESSED] {
            metric.describe(recorder);
        }
        let dropped = |reason: Rejected| {
            let mut labels = labels.clone();
            labels.push(Label::from_static_parts(
                semconv::ERROR_TYPE,
                reason.as_str(),
            ));
            SPAN_PROCESSED.counter(recorder, labels)
        };
        let capacity = SPAN_QUEUE_CAPACITY.gauge(recorder, labels.clone());
        capacity.set(queue_capacity as f64);
        Self {
            queue_size: SPAN_QUEUE_SIZE.gauge(recorder, labels.clone()),
            queue_full: dropped(Rejected::QueueFull),
            already_shutdown: dropped(Rejected::AlreadyShutdown),
            processed: SPAN_PROCESSED.counter(recorder, labels),
        }
    }

    pub(super) fn count_dropped(&self, reason: Rejected) {
        let counter = match reason {
            Rejected::AlreadyShutdown => &self.already_shutdown,
            _ => &self.queue_full,
        };
        counter.increment(1);
    }
}

impl Default for ProcessorMetrics {
    /// Returns metrics that are not recorded.
    fn default() -> Self {
        Self {
            queue_size: Gauge::noop(),
            processed: Counter::noop(),
            queue_full: Counter::noop(),
            already_shutdown: Counter::noop(),
        }
    }
}
