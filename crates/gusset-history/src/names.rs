//! The names of the metrics of a history.
//!
//! Names are API: renaming a metric is a breaking change. OpenTelemetry's semantic conventions (1.44) define nothing
//! of the kind, so all names begin with `gusset.history.`.
//!
//! ```
//! for metric in gusset_history::names::ALL {
//!     assert!(metric.name.starts_with("gusset.history."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// The readings that were taken.
pub const READINGS: MetricDescriptor = counter(
    "gusset.history.readings",
    Unit::Count("{reading}"),
    "Readings of all metrics that the history has taken.",
);

/// The readings that were late.
pub const LATE_READINGS: MetricDescriptor = counter(
    "gusset.history.late_readings",
    Unit::Count("{reading}"),
    "Readings that were taken more than two intervals after the one before.",
);

/// The readings that were dropped before their time.
pub const DROPPED_READINGS: MetricDescriptor = counter(
    "gusset.history.dropped_readings",
    Unit::Count("{reading}"),
    "Oldest readings that were dropped before the retention, because the memory limit was reached.",
);

/// The data points that were dropped.
pub const DROPPED_POINTS: MetricDescriptor = counter(
    "gusset.history.dropped_points",
    Unit::Count("{data_point}"),
    "Data points of series that the history does not keep, because the memory limit was reached.",
);

/// The functions that panicked.
pub const PANICS: MetricDescriptor = counter(
    "gusset.history.panics",
    Unit::Count("{panic}"),
    "Panics of producers and functions while a reading was taken.",
);

/// The series in memory.
pub const SERIES: MetricDescriptor = MetricDescriptor::new(
    "gusset.history.series",
    InstrumentKind::UpDownCounter,
    Unit::Count("{series}"),
    "Series in the history.",
);

/// The memory of the history.
pub const MEMORY: MetricDescriptor = MetricDescriptor::new(
    "gusset.history.memory.usage",
    InstrumentKind::UpDownCounter,
    Unit::Bytes,
    "Memory that the history uses for series and readings.",
);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[
    READINGS,
    LATE_READINGS,
    DROPPED_READINGS,
    DROPPED_POINTS,
    PANICS,
    SERIES,
    MEMORY,
];

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Counter, unit, help)
}
