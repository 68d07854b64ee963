//! The names of the metrics of a breaker, a throttle and a bulkhead. Renaming a metric is a breaking change.
//!
//! The semantic conventions of OpenTelemetry (1.44) have no metrics for circuit breakers, so all names
//! begin with `gusset.`.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// The label `gusset.breaker.name`, on every series.
pub const NAME: &str = "gusset.breaker.name";
/// The label `gusset.breaker.state`: one of [`State::ALL`](crate::State::ALL).
pub const STATE: &str = "gusset.breaker.state";
/// The label `gusset.breaker.result`: `success`, `failure`, `throttled` or `ignored`.
pub const RESULT: &str = "gusset.breaker.result";
/// The label `gusset.breaker.from`: the previous state.
pub const FROM: &str = "gusset.breaker.from";
/// The label `gusset.breaker.to`: the new state.
pub const TO: &str = "gusset.breaker.to";
/// The label `gusset.breaker.reason`: a [`Reason`](crate::Reason).
pub const REASON: &str = "gusset.breaker.reason";

/// The state: one series per state, 1 for the current one and 0 for the others.
pub const STATES: MetricDescriptor = MetricDescriptor::new(
    "gusset.breaker.state",
    InstrumentKind::Gauge,
    Unit::Count("{breaker}"),
    "State of the breaker: 1 for the current state, 0 for the others.",
)
.with_labels(&[NAME, STATE]);

/// Completed calls.
pub const CALLS: MetricDescriptor = counter(
    "gusset.breaker.calls",
    Unit::Count("{call}"),
    "Admitted calls that completed, by result.",
)
.with_labels(&[NAME, RESULT]);

/// Slow calls.
pub const SLOW_CALLS: MetricDescriptor = counter(
    "gusset.breaker.slow_calls",
    Unit::Count("{call}"),
    "Calls slower than the threshold of the breaker, failed or not.",
)
.with_labels(&[NAME]);

/// Rejected calls.
pub const REJECTED_CALLS: MetricDescriptor = counter(
    "gusset.breaker.rejected_calls",
    Unit::Count("{call}"),
    "Calls that the breaker rejected, by its state.",
)
.with_labels(&[NAME, STATE]);

/// Stale results.
pub const STALE_RESULTS: MetricDescriptor = counter(
    "gusset.breaker.stale_results",
    Unit::Count("{call}"),
    "Results of calls that were admitted before the last transition, and are not counted.",
)
.with_labels(&[NAME]);

/// Transitions.
pub const TRANSITIONS: MetricDescriptor = counter(
    "gusset.breaker.transitions",
    Unit::Count("{transition}"),
    "Transitions from one state to another.",
)
.with_labels(&[NAME, FROM, TO, REASON]);

/// Suppressed trips.
pub const SUPPRESSED_TRIPS: MetricDescriptor = counter(
    "gusset.breaker.suppressed_trips",
    Unit::Count("{event}"),
    "Times that the breaker would have opened without a dry run or a limit on open breakers.",
)
.with_labels(&[NAME, REASON]);

/// The label `gusset.throttle.name`, on every series of a throttle.
pub const THROTTLE_NAME: &str = "gusset.throttle.name";
/// The label `gusset.throttle.result`: `success`, `failure`, `throttled` or `ignored`.
pub const THROTTLE_RESULT: &str = "gusset.throttle.result";
/// The label `gusset.bulkhead.name`, on every series of a bulkhead.
pub const BULKHEAD_NAME: &str = "gusset.bulkhead.name";

/// Completed calls of a throttle.
pub const THROTTLE_CALLS: MetricDescriptor = counter(
    "gusset.throttle.calls",
    Unit::Count("{call}"),
    "Calls that the throttle admitted and that completed, by result.",
)
.with_labels(&[THROTTLE_NAME, THROTTLE_RESULT]);

/// Calls that a throttle rejected.
pub const THROTTLE_REJECTED_CALLS: MetricDescriptor = counter(
    "gusset.throttle.rejected_calls",
    Unit::Count("{call}"),
    "Calls that the throttle rejected.",
)
.with_labels(&[THROTTLE_NAME]);

/// Calls that a throttle would have rejected.
pub const THROTTLE_SUPPRESSED_REJECTIONS: MetricDescriptor = counter(
    "gusset.throttle.suppressed_rejections",
    Unit::Count("{call}"),
    "Calls that the throttle would have rejected without its dry run.",
)
.with_labels(&[THROTTLE_NAME]);

/// The probability of a rejection.
pub const THROTTLE_REJECT_PROBABILITY: MetricDescriptor = MetricDescriptor::new(
    "gusset.throttle.reject_probability",
    InstrumentKind::Gauge,
    Unit::One,
    "Probability that the throttle rejects a call, when last computed.",
)
.with_labels(&[THROTTLE_NAME]);

/// Calls in progress in a bulkhead.
pub const BULKHEAD_IN_FLIGHT: MetricDescriptor = MetricDescriptor::new(
    "gusset.bulkhead.in_flight",
    InstrumentKind::UpDownCounter,
    Unit::Count("{call}"),
    "Calls in progress in the bulkhead.",
)
.with_labels(&[BULKHEAD_NAME]);

/// The limit of a bulkhead.
pub const BULKHEAD_LIMIT: MetricDescriptor = MetricDescriptor::new(
    "gusset.bulkhead.limit",
    InstrumentKind::UpDownCounter,
    Unit::Count("{call}"),
    "Maximum number of concurrent calls of the bulkhead.",
)
.with_labels(&[BULKHEAD_NAME]);

/// Calls that a bulkhead rejected.
pub const BULKHEAD_REJECTED_CALLS: MetricDescriptor = counter(
    "gusset.bulkhead.rejected_calls",
    Unit::Count("{call}"),
    "Calls that the bulkhead rejected.",
)
.with_labels(&[BULKHEAD_NAME]);

/// Calls that a bulkhead would have rejected.
pub const BULKHEAD_SUPPRESSED_REJECTIONS: MetricDescriptor = counter(
    "gusset.bulkhead.suppressed_rejections",
    Unit::Count("{call}"),
    "Calls that the bulkhead would have rejected without its dry run.",
)
.with_labels(&[BULKHEAD_NAME]);

/// All metrics.
pub static ALL: &[&MetricDescriptor] = &[
    &STATES,
    &CALLS,
    &SLOW_CALLS,
    &REJECTED_CALLS,
    &STALE_RESULTS,
    &TRANSITIONS,
    &SUPPRESSED_TRIPS,
    &THROTTLE_CALLS,
    &THROTTLE_REJECTED_CALLS,
    &THROTTLE_SUPPRESSED_REJECTIONS,
    &THROTTLE_REJECT_PROBABILITY,
    &BULKHEAD_IN_FLIGHT,
    &BULKHEAD_LIMIT,
    &BULKHEAD_REJECTED_CALLS,
    &BULKHEAD_SUPPRESSED_REJECTIONS,
];

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Counter, unit, help)
}
