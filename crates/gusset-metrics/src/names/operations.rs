//! The metrics of operations: of the service's own code, of its databases and of its queues.

use gusset_data::semconv::{
    DB_COLLECTION_NAME, DB_OPERATION_NAME, DB_SYSTEM_NAME, ERROR_TYPE, GUSSET_OPERATION_NAME,
    GUSSET_OUTCOME, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME, MESSAGING_SYSTEM,
};
use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

const DB_LABELS: &[&str] = &[
    DB_SYSTEM_NAME,
    DB_OPERATION_NAME,
    DB_COLLECTION_NAME,
    ERROR_TYPE,
];

const SEND_LABELS: &[&str] = &[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION_NAME,
    MESSAGING_DESTINATION_NAME,
    ERROR_TYPE,
];

/// The boundaries that the semantic conventions advise for databases, in seconds.
const DB_BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// The time from the start of an operation to its end.
pub const OPERATION_DURATION: MetricDescriptor = MetricDescriptor::new(
    "gusset.operation.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of operations of the service's own code.",
)
.with_labels(&[GUSSET_OPERATION_NAME, ERROR_TYPE]);

/// The operations in progress.
pub const OPERATION_ACTIVE: MetricDescriptor = MetricDescriptor::new(
    "gusset.operation.active",
    InstrumentKind::UpDownCounter,
    Unit::Count("{operation}"),
    "Number of operations of the service's own code in progress.",
);

/// The completed operations, by outcome.
pub const OPERATION_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.operation.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{operation}"),
    "Number of completed operations of the service's own code, by outcome.",
)
.with_labels(&[GUSSET_OPERATION_NAME, GUSSET_OUTCOME]);

/// The time from the start of a database operation to its end.
pub const DB_CLIENT_OPERATION_DURATION: MetricDescriptor = MetricDescriptor::new(
    "db.client.operation.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of database client operations.",
)
.with_labels(DB_LABELS)
.with_boundaries(DB_BUCKETS);

/// The database operations in progress.
pub const DB_CLIENT_ACTIVE_OPERATIONS: MetricDescriptor = MetricDescriptor::new(
    "gusset.db.client.active_operations",
    InstrumentKind::UpDownCounter,
    Unit::Count("{operation}"),
    "Number of database client operations in progress.",
);

/// The completed database operations, by outcome.
pub const DB_CLIENT_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.db.client.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{operation}"),
    "Number of completed database client operations, by outcome.",
)
.with_labels(&[
    DB_SYSTEM_NAME,
    DB_OPERATION_NAME,
    DB_COLLECTION_NAME,
    GUSSET_OUTCOME,
]);

/// The time that it takes to send messages.
pub const MESSAGING_CLIENT_OPERATION_DURATION: MetricDescriptor = MetricDescriptor::new(
    "messaging.client.operation.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of messaging operations initiated by a producer.",
)
.with_labels(SEND_LABELS);

/// The messages that a producer tried to send.
pub const MESSAGING_CLIENT_SENT_MESSAGES: MetricDescriptor = MetricDescriptor::new(
    "messaging.client.sent.messages",
    InstrumentKind::Counter,
    Unit::Count("{message}"),
    "Number of messages that a producer attempted to send to the broker.",
)
.with_labels(SEND_LABELS);

/// The operations of a producer in progress.
pub const MESSAGING_CLIENT_ACTIVE_OPERATIONS: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.client.active_operations",
    InstrumentKind::UpDownCounter,
    Unit::Count("{operation}"),
    "Number of operations of producers of messages in progress.",
);

/// The completed operations of a producer, by outcome.
pub const MESSAGING_CLIENT_OUTCOMES: MetricDescriptor = MetricDescriptor::new(
    "gusset.messaging.client.outcomes",
    InstrumentKind::Counter,
    Unit::Count("{operation}"),
    "Number of completed operations of producers of messages, by outcome.",
)
.with_labels(&[
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION_NAME,
    MESSAGING_DESTINATION_NAME,
    GUSSET_OUTCOME,
]);
