//! The names of the health metrics and their labels.
//!
//! Names are API: renaming a metric is a breaking change. OpenTelemetry's semantic conventions (1.44)
//! define no health checks, so all names begin with `gusset.health.`.
//!
//! ```
//! for metric in gusset_health::names::ALL {
//!     assert!(metric.name.starts_with("gusset.health."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.health.check`: the name of a check.
pub const CHECK: &str = "gusset.health.check";
/// `gusset.health.status`: one of [`Status::ALL`](crate::Status::ALL).
pub const STATUS: &str = "gusset.health.status";
/// `gusset.health.result`: `up`, `degraded`, `down`, `timeout` or `panic`.
pub const RESULT: &str = "gusset.health.result";
/// `gusset.health.phase`: one of [`Phase::ALL`](crate::Phase::ALL).
pub const PHASE: &str = "gusset.health.phase";
/// `gusset.health.heartbeat`: the name of a heartbeat.
pub const HEARTBEAT: &str = "gusset.health.heartbeat";

/// The status of a check: one series per status, 1 for the current one.
pub const CHECK_STATUS: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.check.status",
    InstrumentKind::Gauge,
    Unit::Count("{check}"),
    "Whether the health check has this status: 1 for the current status, 0 for the others.",
)
.with_labels(&[CHECK, STATUS]);

/// The number of runs of a check, by result.
pub const CHECK_RUNS: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.check.runs",
    InstrumentKind::Counter,
    Unit::Count("{run}"),
    "Runs of the health check, by result.",
)
.with_labels(&[CHECK, RESULT]);

/// The duration of the runs of a check.
pub const CHECK_DURATION: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.check.duration",
    InstrumentKind::Histogram,
    Unit::Seconds,
    "Duration of runs of the health check.",
)
.with_labels(&[CHECK]);

/// The phase of the life cycle: one series per phase, 1 for the current one.
pub const PHASES: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.phase",
    InstrumentKind::Gauge,
    Unit::Count("{service}"),
    "Whether the service is in this phase: 1 for the current phase, 0 for the others.",
)
.with_labels(&[PHASE]);

/// The result of `/readyz`.
pub const READY: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.ready",
    InstrumentKind::Gauge,
    Unit::Count("{service}"),
    "Whether the service is ready: 1 or 0.",
);

/// The result of `/livez`.
pub const LIVE: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.live",
    InstrumentKind::Gauge,
    Unit::Count("{service}"),
    "Whether the service is live: 1 or 0.",
);

/// The result of `/healthz`.
pub const HEALTHY: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.healthy",
    InstrumentKind::Gauge,
    Unit::Count("{service}"),
    "Whether the service is ready and no required dependency is down: 1 or 0.",
);

/// The age of a heartbeat.
pub const HEARTBEAT_AGE: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.heartbeat.age",
    InstrumentKind::Gauge,
    Unit::Seconds,
    "Time since the last beat of the heartbeat.",
)
.with_labels(&[HEARTBEAT]);

/// The number of requests that were in flight at the deadline of the shutdown.
pub const UNFINISHED_REQUESTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.health.unfinished_requests",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Requests still in flight at the deadline of the shutdown.",
);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[
    CHECK_STATUS,
    CHECK_RUNS,
    CHECK_DURATION,
    PHASES,
    READY,
    LIVE,
    HEALTHY,
    HEARTBEAT_AGE,
    UNFINISHED_REQUESTS,
];
