//! The names of all that is measured of health. They are API: a renamed metric is a breaking change.
//!
//! OpenTelemetry's semantic conventions (1.44) know no health checks, so all of it is ours, under
//! `gusset.health.`.

/// A metric: name, kind, unit, help, labels.
///
/// ```
/// for metric in gusset_health::names::ALL {
///     assert!(metric.name.starts_with("gusset.health."), "{}", metric.help);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name, in OpenTelemetry's spelling.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// The unit, by UCUM.
    pub unit: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// The labels.
    pub labels: &'static [&'static str],
}

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

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

/// One series a status; the one that the check is in is 1, the others are 0.
pub const CHECK_STATUS: Metric = Metric {
    name: "gusset.health.check.status",
    kind: Kind::Gauge,
    unit: "1",
    help: "Whether the health check is in that status: 1 for one of them, 0 for the others.",
    labels: &[CHECK, STATUS],
};

/// Runs, by what they found.
pub const CHECK_RUNS: Metric = Metric {
    name: "gusset.health.check.runs",
    kind: Kind::Counter,
    unit: "{run}",
    help: "Runs of the health check, by what they found.",
    labels: &[CHECK, RESULT],
};

/// How long runs take.
pub const CHECK_DURATION: Metric = Metric {
    name: "gusset.health.check.duration",
    kind: Kind::Histogram,
    unit: "s",
    help: "Duration of runs of the health check.",
    labels: &[CHECK],
};

/// One series a phase; the one that the service is in is 1, the others are 0.
pub const PHASES: Metric = Metric {
    name: "gusset.health.phase",
    kind: Kind::Gauge,
    unit: "1",
    help: "Whether the service is in that phase of its life: 1 for one of them, 0 for the others.",
    labels: &[PHASE],
};

/// What `/readyz` says.
pub const READY: Metric = Metric {
    name: "gusset.health.ready",
    kind: Kind::Gauge,
    unit: "1",
    help: "Whether the service is ready: 1 or 0.",
    labels: &[],
};

/// What `/livez` says.
pub const LIVE: Metric = Metric {
    name: "gusset.health.live",
    kind: Kind::Gauge,
    unit: "1",
    help: "Whether the service is alive: 1 or 0.",
    labels: &[],
};

/// What `/healthz` says.
pub const HEALTHY: Metric = Metric {
    name: "gusset.health.healthy",
    kind: Kind::Gauge,
    unit: "1",
    help: "Whether the service is ready and all checks that are not of optional dependencies work: 1 or 0.",
    labels: &[],
};

/// How old heartbeats are.
pub const HEARTBEAT_AGE: Metric = Metric {
    name: "gusset.health.heartbeat.age",
    kind: Kind::Gauge,
    unit: "s",
    help: "Time since the heartbeat's last beat.",
    labels: &[HEARTBEAT],
};

/// Calls that were under way when the shutdown's time was up.
pub const STRAGGLERS: Metric = Metric {
    name: "gusset.health.stragglers",
    kind: Kind::Counter,
    unit: "{call}",
    help: "Calls still under way when the deadline of the shutdown passed.",
    labels: &[],
};

/// All of them, in the order of the catalogue.
pub const ALL: &[Metric] = &[
    CHECK_STATUS,
    CHECK_RUNS,
    CHECK_DURATION,
    PHASES,
    READY,
    LIVE,
    HEALTHY,
    HEARTBEAT_AGE,
    STRAGGLERS,
];
