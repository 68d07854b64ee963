//! The metrics that the pipeline records about itself.
//!
//! Names and labels follow OpenTelemetry's semantic conventions 1.44, where these metrics are in
//! development. Names are API: renaming a metric is a breaking change.
//!
//! ```
//! for metric in gusset_otlp::names::ALL {
//!     assert!(metric.name.starts_with("otel.sdk."), "{}", metric.help);
//! }
//! ```

pub use gusset_data::sdk_metrics::{SPAN_PROCESSED, SPAN_QUEUE_CAPACITY, SPAN_QUEUE_SIZE};
use gusset_data::semconv::{
    ERROR_TYPE, OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE, SERVER_ADDRESS, SERVER_PORT,
};
use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

const COMPONENT: &[&str] = &[OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE];
const PROCESSED: &[&str] = &[OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE, ERROR_TYPE];
const INFLIGHT: &[&str] = &[
    OTEL_COMPONENT_NAME,
    OTEL_COMPONENT_TYPE,
    SERVER_ADDRESS,
    SERVER_PORT,
];
/// `error.type` is `rejected`, `timeout`, `connection`, `too_large`, an HTTP status code or the name of a
/// gRPC status code. It is absent from successful exports.
const EXPORTED: &[&str] = &[
    OTEL_COMPONENT_NAME,
    OTEL_COMPONENT_TYPE,
    SERVER_ADDRESS,
    SERVER_PORT,
    ERROR_TYPE,
];

const SPANS: Unit = Unit::Count("{span}");
const LOG_RECORDS: Unit = Unit::Count("{log_record}");
const DATA_POINTS: Unit = Unit::Count("{data_point}");

/// The number of spans that are being exported.
pub const SPAN_INFLIGHT: MetricDescriptor = up_down_counter(
    "otel.sdk.exporter.span.inflight",
    SPANS,
    "Spans that are being exported.",
)
.with_labels(INFLIGHT);

/// The number of spans whose export has completed.
pub const SPAN_EXPORTED: MetricDescriptor = counter(
    "otel.sdk.exporter.span.exported",
    SPANS,
    "Spans whose export has completed.",
)
.with_labels(EXPORTED);

/// The number of log records in the queue.
pub const LOG_QUEUE_SIZE: MetricDescriptor = up_down_counter(
    "otel.sdk.processor.log.queue.size",
    LOG_RECORDS,
    "Log records in the queue.",
)
.with_labels(COMPONENT);

/// The capacity of the queue for log records.
pub const LOG_QUEUE_CAPACITY: MetricDescriptor = up_down_counter(
    "otel.sdk.processor.log.queue.capacity",
    LOG_RECORDS,
    "Capacity of the queue for log records.",
)
.with_labels(COMPONENT);

/// The number of log records taken from the queue or dropped before it.
///
/// `error.type` is `queue_full` or `already_shutdown` on dropped records.
pub const LOG_PROCESSED: MetricDescriptor = counter(
    "otel.sdk.processor.log.processed",
    LOG_RECORDS,
    "Log records taken from the queue, or dropped before it.",
)
.with_labels(PROCESSED);

/// The number of log records that are being exported.
pub const LOG_INFLIGHT: MetricDescriptor = up_down_counter(
    "otel.sdk.exporter.log.inflight",
    LOG_RECORDS,
    "Log records that are being exported.",
)
.with_labels(INFLIGHT);

/// The number of log records whose export has completed.
pub const LOG_EXPORTED: MetricDescriptor = counter(
    "otel.sdk.exporter.log.exported",
    LOG_RECORDS,
    "Log records whose export has completed.",
)
.with_labels(EXPORTED);

/// The number of metric data points that are being exported.
pub const DATA_POINT_INFLIGHT: MetricDescriptor = up_down_counter(
    "otel.sdk.exporter.metric_data_point.inflight",
    DATA_POINTS,
    "Data points that are being exported.",
)
.with_labels(INFLIGHT);

/// The number of metric data points whose export has completed.
pub const DATA_POINT_EXPORTED: MetricDescriptor = counter(
    "otel.sdk.exporter.metric_data_point.exported",
    DATA_POINTS,
    "Data points whose export has completed.",
)
.with_labels(EXPORTED);

/// The duration of the collection of all metrics.
pub const COLLECTION_DURATION: MetricDescriptor = histogram(
    "otel.sdk.metric_reader.collection.duration",
    "Duration of the collection of all metrics.",
)
.with_labels(COMPONENT);

/// The duration of exports, including all retries.
pub const OPERATION_DURATION: MetricDescriptor = histogram(
    "otel.sdk.exporter.operation.duration",
    "Duration of exports, including all retries.",
)
.with_labels(EXPORTED);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[
    SPAN_QUEUE_SIZE,
    SPAN_QUEUE_CAPACITY,
    SPAN_PROCESSED,
    SPAN_INFLIGHT,
    SPAN_EXPORTED,
    LOG_QUEUE_SIZE,
    LOG_QUEUE_CAPACITY,
    LOG_PROCESSED,
    LOG_INFLIGHT,
    LOG_EXPORTED,
    DATA_POINT_INFLIGHT,
    DATA_POINT_EXPORTED,
    COLLECTION_DURATION,
    OPERATION_DURATION,
];

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Counter, unit, help)
}

const fn up_down_counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::UpDownCounter, unit, help)
}

const fn histogram(name: &'static str, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Histogram, Unit::Seconds, help)
}
