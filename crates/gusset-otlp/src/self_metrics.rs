//! The recording of the pipeline's metrics about itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_data::{MetricDescriptor, Rejected, SharedRecorder, semconv};
use metrics::{Counter, Gauge, Histogram, Label};

use crate::transport::OtlpClient;
use crate::{OtlpProtocol, Signal, names};

/// The counters of items that do not enter a queue. They are incremented on the thread that pushes.
pub(crate) struct DropCounters {
    pub(crate) queue_full: Counter,
    pub(crate) already_shutdown: Counter,
}

/// The metrics of a batch processor and its queue.
pub(crate) struct ProcessorMetrics {
    queue_size: Gauge,
    processed: Counter,
}

/// The metrics of an exporter. Series with an `error.type` are registered when the error occurs.
pub(crate) struct ExporterMetrics {
    recorder: SharedRecorder,
    signal: Signal,
    labels: Vec<Label>,
    inflight: Gauge,
}

/// Describes all metrics to the recorder.
pub(crate) fn describe(recorder: &SharedRecorder) {
    for metric in names::ALL {
        metric.describe(recorder);
    }
}

/// Registers the histogram of collection durations.
pub(crate) fn collection_duration(recorder: &SharedRecorder) -> Histogram {
    let labels = component("periodic_metric_reader".to_owned());
    names::COLLECTION_DURATION.histogram(recorder, labels)
}

/// Returns the labels of a component. A pipeline has one component of each type, so its number is 0.
fn component(kind: String) -> Vec<Label> {
    vec![
        Label::new(semconv::OTEL_COMPONENT_NAME, format!("{kind}/0")),
        Label::new(semconv::OTEL_COMPONENT_TYPE, kind),
    ]
}

fn singular(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric",
        Signal::Logs => "log",
    }
}

// === impl DropCounters ===

impl Default for DropCounters {
    fn default() -> Self {
        Self {
            queue_full: Counter::noop(),
            already_shutdown: Counter::noop(),
        }
    }
}

// === impl ProcessorMetrics ===

impl ProcessorMetrics {
    /// Registers the metrics of the batch processor for spans or log records.
    pub(crate) fn new(
        recorder: &SharedRecorder,
        signal: Signal,
        queue_capacity: usize,
    ) -> (Self, DropCounters) {
        let [size, capacity, processed] = match signal {
            Signal::Logs => [
                names::LOG_QUEUE_SIZE,
                names::LOG_QUEUE_CAPACITY,
                names::LOG_PROCESSED,
            ],
            _ => [
                names::SPAN_QUEUE_SIZE,
                names::SPAN_QUEUE_CAPACITY,
                names::SPAN_PROCESSED,
            ],
        };
        let labels = component(format!("batching_{}_processor", singular(signal)));
        let gauge = |metric: MetricDescriptor| metric.gauge(recorder, labels.clone());
        gauge(capacity).set(queue_capacity as f64);
        let dropped = |reason: Rejected| {
            let mut labels = labels.clone();
            labels.push(Label::from_static_parts(
                semconv::ERROR_TYPE,
                reason.as_str(),
            ));
            processed.counter(recorder, labels)
        };
        let drops = DropCounters {
            queue_full: dropped(Rejected::QueueFull),
            already_shutdown: dropped(Rejected::AlreadyShutdown),
        };
        let this = Self {
            queue_size: gauge(size),
            processed: processed.counter(recorder, labels.clone()),
        };
        (this, drops)
    }

    /// Records that a batch was taken from the queue.
    pub(crate) fn record_batch(&self, batch_size: usize, queue_size: usize) {
        self.processed.increment(batch_size as u64);
        self.queue_size.set(queue_size as f64);
    }

    /// Returns the gauge of the queue size, which is also updated during long exports.
    pub(crate) fn queue_size(&self) -> Gauge {
        self.queue_size.clone()
    }
}

// === impl ExporterMetrics ===

impl ExporterMetrics {
    pub(crate) fn new(recorder: &SharedRecorder, signal: Signal, client: &OtlpClient) -> Self {
        let protocol = match client.protocol() {
            OtlpProtocol::HttpProtobuf => "http",
            OtlpProtocol::HttpJson => "http_json",
            OtlpProtocol::Grpc => "grpc",
        };
        let mut labels = component(format!("otlp_{protocol}_{}_exporter", singular(signal)));
        let endpoint = client.endpoint();
        labels.push(Label::new(semconv::SERVER_ADDRESS, endpoint.address()));
        if endpoint.socket.is_none() {
            labels.push(Label::new(
                semconv::SERVER_PORT,
                endpoint.port().to_string(),
            ));
        }
        let inflight = match signal {
            Signal::Traces => names::SPAN_INFLIGHT,
            Signal::Metrics => names::DATA_POINT_INFLIGHT,
            Signal::Logs => names::LOG_INFLIGHT,
        };
        Self {
            inflight: inflight.gauge(recorder, labels.clone()),
            recorder: Arc::clone(recorder),
            signal,
            labels,
        }
    }

    /// Records the start of an export.
    pub(crate) fn record_start(&self, items: u64) {
        self.inflight.set(items as f64);
    }

    /// Records the completion of an export of items, with its error.
    ///
    /// `error_type` is one of a fixed set of values: HTTP and gRPC status codes and a few constants.
    pub(crate) fn record_items(&self, items: u64, error_type: Option<&str>) {
        self.inflight.set(0.0);
        if items == 0 {
            return;
        }
        let exported = match self.signal {
            Signal::Traces => names::SPAN_EXPORTED,
            Signal::Metrics => names::DATA_POINT_EXPORTED,
            Signal::Logs => names::LOG_EXPORTED,
        };
        exported
            .counter(&self.recorder, self.labels_with(error_type))
            .increment(items);
    }

    /// Records the duration of an export, with its error.
    pub(crate) fn record_duration(&self, duration: Duration, error_type: Option<&str>) {
        names::OPERATION_DURATION
            .histogram(&self.recorder, self.labels_with(error_type))
            .record(duration.as_secs_f64());
    }

    fn labels_with(&self, error_type: Option<&str>) -> Vec<Label> {
        let mut labels = self.labels.clone();
        if let Some(error_type) = error_type {
            labels.push(Label::new(semconv::ERROR_TYPE, error_type.to_owned()));
        }
        labels
    }
}

impl fmt::Debug for ExporterMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExporterMetrics")
    }
}
