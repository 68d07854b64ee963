//! The metrics of pools of connections.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

const POOL: &str = "db.client.connection.pool.name";
const STATE: &str = "db.client.connection.state";

/// The connections of a pool, by state.
pub const DB_CLIENT_CONNECTION_COUNT: MetricDescriptor = MetricDescriptor::new(
    "db.client.connection.count",
    InstrumentKind::UpDownCounter,
    Unit::Count("{connection}"),
    "Number of connections of the pool in this state: idle or used.",
)
.with_labels(&[POOL, STATE]);

/// The limit of a pool.
pub const DB_CLIENT_CONNECTION_MAX: MetricDescriptor = MetricDescriptor::new(
    "db.client.connection.max",
    InstrumentKind::UpDownCounter,
    Unit::Count("{connection}"),
    "Maximum number of open connections of the pool.",
)
.with_labels(&[POOL]);

/// The requests that wait for a connection.
pub const DB_CLIENT_CONNECTION_PENDING_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "db.client.connection.pending_requests",
    InstrumentKind::UpDownCounter,
    Unit::Count("{request}"),
    "Number of requests that wait for a connection of the pool.",
)
.with_labels(&[POOL]);

/// The metrics of [`ConnectionPools`](crate::pools::ConnectionPools), which are read and not recorded.
pub const POOLS: &[MetricDescriptor] = &[
    DB_CLIENT_CONNECTION_COUNT,
    DB_CLIENT_CONNECTION_MAX,
    DB_CLIENT_CONNECTION_PENDING_REQUESTS,
];
