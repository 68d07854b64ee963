//! Metrics of batch processors for spans, which several crates record.
//!
//! Names and labels follow OpenTelemetry's semantic conventions 1.44, where these metrics are in development.

use crate::semconv::{ERROR_TYPE, OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE};
use crate::{InstrumentKind, MetricDescriptor, Unit};

const COMPONENT: &[&str] = &[OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE];
const PROCESSED: &[&str] = &[OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE, ERROR_TYPE];

/// The number of spans in the queue.
pub const SPAN_QUEUE_SIZE: MetricDescriptor = spans(
    "otel.sdk.processor.span.queue.size",
    InstrumentKind::UpDownCounter,
    "Spans in the queue.",
)
.with_labels(COMPONENT);

/// The capacity of the queue for spans.
pub const SPAN_QUEUE_CAPACITY: MetricDescriptor = spans(
    "otel.sdk.processor.span.queue.capacity",
    InstrumentKind::UpDownCounter,
    "Capacity of the queue for spans.",
)
.with_labels(COMPONENT);

/// The number of spans taken from the queue or dropped before it.
///
/// `error.type` is `queue_full` or `already_shutdown` on dropped spans.
pub const SPAN_PROCESSED: MetricDescriptor = spans(
    "otel.sdk.processor.span.processed",
    InstrumentKind::Counter,
    "Spans taken from the queue, or dropped before it.",
)
.with_labels(PROCESSED);

const fn spans(name: &'static str, kind: InstrumentKind, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, kind, Unit::Count("{span}"), help)
}
