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

/// The time to get a connection.
pub const DB_CLIENT_CONNECTION_WAIT_TIME: MetricDescriptor = MetricDescriptor::new(
    "db.client.connection.wait_time",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Time to get an open connection from the pool.",
)
.with_labels(&[POOL])
.with_boundaries(&[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0]);

/// The requests that got no connection in time.
pub const DB_CLIENT_CONNECTION_TIMEOUTS: MetricDescriptor = MetricDescriptor::new(
    "db.client.connection.timeouts",
    InstrumentKind::Counter,
    Unit::Count("{timeout}"),
    "Number of requests that got no connection of the pool before their time-out.",
)
.with_labels(&[POOL]);

/// The metrics of [`ConnectionPools`](crate::pools::ConnectionPools). The first three are read with the metrics, the others
/// are recorded.
pub const POOLS: &[MetricDescriptor] = &[
    DB_CLIENT_CONNECTION_COUNT,
    DB_CLIENT_CONNECTION_MAX,
    DB_CLIENT_CONNECTION_PENDING_REQUESTS,
    DB_CLIENT_CONNECTION_WAIT_TIME,
    DB_CLIENT_CONNECTION_TIMEOUTS,
];
