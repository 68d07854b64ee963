//! The names of the metrics of this crate and of their labels. Names are API: renaming a metric is a
//! breaking change.
//!
//! OpenTelemetry's semantic conventions (1.44) have no objectives, so all names begin with `gusset.slo.`.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.slo.objective`: the name of an objective.
pub const OBJECTIVE: &str = "gusset.slo.objective";
/// `gusset.slo.range`: the name of a normal range.
pub const RANGE: &str = "gusset.slo.range";
/// `gusset.slo.state`: one of [`State::ALL`](crate::State::ALL).
pub const STATE: &str = "gusset.slo.state";

/// The state of an objective: one series per state, 1 for the current one.
pub const OBJECTIVE_STATE: MetricDescriptor = MetricDescriptor::new(
    "gusset.slo.objective.state",
    InstrumentKind::Gauge,
    Unit::Count("{objective}"),
    "State of the objective in this process: 1 for the current state, 0 for the others.",
)
.with_labels(&[OBJECTIVE, STATE]);

/// The time that an objective was in a state.
pub const OBJECTIVE_TIME: MetricDescriptor = MetricDescriptor::new(
    "gusset.slo.objective.time",
    InstrumentKind::Counter,
    Unit::Seconds,
    "Time that the objective was in the state, in this process.",
)
.with_labels(&[OBJECTIVE, STATE]);

/// The state of a normal range: one series per state, 1 for the current one.
pub const RANGE_STATE: MetricDescriptor = MetricDescriptor::new(
    "gusset.slo.range.state",
    InstrumentKind::Gauge,
    Unit::Count("{range}"),
    "State of the normal range in this process: 1 for the current state, 0 for the others.",
)
.with_labels(&[RANGE, STATE]);

/// The time that a normal range was in a state.
pub const RANGE_TIME: MetricDescriptor = MetricDescriptor::new(
    "gusset.slo.range.time",
    InstrumentKind::Counter,
    Unit::Seconds,
    "Time that the normal range was in the state, in this process.",
)
.with_labels(&[RANGE, STATE]);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[OBJECTIVE_STATE, OBJECTIVE_TIME, RANGE_STATE, RANGE_TIME];
