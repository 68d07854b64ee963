//! The names of the metrics of workers. They are API: renaming a metric is a breaking change.

use gusset_data::semconv::{
    MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME, MESSAGING_SYSTEM,
};
use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.messaging.settlement`: `ack`, `nack` or `dead_letter`.
pub const SETTLEMENT: &str = "gusset.messaging.settlement";

const LABELS: &[&str] = &[MESSAGING_SYSTEM, MESSAGING_DESTINATION_NAME];

/// The messages that were taken.
pub const CONSUMED: MetricDescriptor = MetricDescriptor::new(
    "messaging.client.consumed.messages",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of messages that were delivered to the application.",
)
.with_labels(&[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION_NAME,
    MESSAGING_DESTINATION_NAME,
]);

/// The settled messages.
pub const SETTLEMENTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.settlements",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of messages that were acknowledged, returned to the queue or put aside.",
)
.with_labels(&[MESSAGING_SYSTEM, MESSAGING_DESTINATION_NAME, SETTLEMENT]);

/// The messages that were taken again.
pub const REDELIVERED: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.redelivered",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of messages that were taken and had been delivered before.",
)
.with_labels(LABELS);

/// The time from the sending of a message to its receipt.
pub const LAG: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.lag",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Time from the sending of messages to their receipt, by the clocks of broker and worker.",
)
.with_labels(LABELS)
.with_boundaries(&[
    0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0, 14400.0,
    86400.0,
]);

/// Whether messages are left in the queue.
pub const PAUSED: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.paused",
    InstrumentKind::Gauge,
    Unit::Count("{worker}"),
    "Whether the worker takes no messages because its service is not ready: 1 if so, otherwise 0.",
)
.with_labels(LABELS);

/// All metrics, in the order of the catalogue.
///
/// ```
/// for metric in gusset_messaging::names::ALL {
///     assert!(metric.name.contains("messaging."), "{}", metric.help);
/// }
/// ```
pub const ALL: &[MetricDescriptor] = &[CONSUMED, SETTLEMENTS, REDELIVERED, LAG, PAUSED];
