//! Metrics of calls, and of the runtime that runs them.

use gusset_data::{InstrumentKind, MetricDescriptor, Unit, semconv};

use super::{SECONDS, counter, gauge};

/// `gusset.call.state`: what calls did. `polled`, `scheduled` or `waiting`.
pub const CALL_STATE: &str = "gusset.call.state";

/// The time of calls by what they did. Over all states it is their duration.
pub const CALL_TIME: MetricDescriptor = counter(
    "gusset.call.time",
    SECONDS,
    "Time of calls by what they did: polled (computing or blocking), scheduled (woken, and not polled yet) or waiting.",
)
.with_labels(&[semconv::HTTP_ROUTE, CALL_STATE]);

/// The number of polls that were too long.
pub const LONG_POLLS: MetricDescriptor = counter(
    "gusset.call.long_polls",
    Unit::Count("{poll}"),
    "Polls of calls that blocked their worker thread for longer than the limit, 100 ms by default.",
)
.with_labels(&[semconv::HTTP_ROUTE]);

/// The age of the poll that has lasted longest and has not returned.
pub const POLL_IN_PROGRESS: MetricDescriptor = gauge(
    "gusset.call.longest_poll",
    SECONDS,
    "Age of the longest poll of a call in progress, 0 if there is none.",
)
.with_labels(&[semconv::HTTP_ROUTE]);

/// The age of the oldest call in flight.
pub const OLDEST_CALL: MetricDescriptor = gauge(
    "gusset.call.oldest",
    SECONDS,
    "Age of the oldest call in flight, 0 if there is none.",
)
.with_labels(&[semconv::HTTP_ROUTE]);

/// How late timers fire.
pub const TOKIO_LAG: MetricDescriptor = MetricDescriptor::new(
    "gusset.tokio.lag",
    InstrumentKind::Histogram,
    SECONDS,
    "How late timers of the Tokio runtime fire: as long as every task waits that is woken.",
);

/// The metrics of this file, in the order of the catalogue.
pub(super) const TABLE: &[MetricDescriptor] = &[
    CALL_TIME,
    LONG_POLLS,
    POLL_IN_PROGRESS,
    OLDEST_CALL,
    TOKIO_LAG,
];
