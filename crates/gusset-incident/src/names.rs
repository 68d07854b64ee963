//! The names of the metrics of reports, and their labels.
//!
//! Names are API: renaming a metric is a breaking change. OpenTelemetry's semantic conventions (1.44) have none of them.
//!
//! ```
//! for metric in gusset_incident::names::ALL {
//!     assert!(metric.name.starts_with("gusset."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.incident.trigger`: a [`Trigger`](crate::Trigger).
pub const TRIGGER: &str = "gusset.incident.trigger";
/// `gusset.incident.end_reason`: an [`EndReason`](crate::EndReason).
pub const END_REASON: &str = "gusset.incident.end_reason";

/// The reports that were made.
pub const REPORTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.incident.reports",
    InstrumentKind::Counter,
    Unit::Count("{report}"),
    "Incident reports that were made, by trigger.",
)
.with_labels(&[TRIGGER]);

/// The reports that were not made.
pub const SKIPPED: MetricDescriptor = MetricDescriptor::new(
    "gusset.incident.skipped",
    InstrumentKind::Counter,
    Unit::Count("{report}"),
    "Incident reports that a limit or the minimum gap did not admit.",
);

/// The deliveries that failed.
pub const FAILED_DELIVERIES: MetricDescriptor = MetricDescriptor::new(
    "gusset.incident.failed_deliveries",
    InstrumentKind::Counter,
    Unit::Count("{delivery}"),
    "Deliveries of incident reports that failed: the disk is full, or the webhook cannot be reached.",
);

/// The runs before this one that ended uncleanly.
pub const UNCLEAN_ENDS: MetricDescriptor = MetricDescriptor::new(
    "gusset.incident.unclean_ends",
    InstrumentKind::Counter,
    Unit::Count("{run}"),
    "Runs before this one that ended uncleanly and were found at its start, by the reason as far as it is known.",
)
.with_labels(&[END_REASON]);

/// The panics of the process.
pub const PANICS: MetricDescriptor = MetricDescriptor::new(
    "gusset.process.panics",
    InstrumentKind::Counter,
    Unit::Count("{panic}"),
    "Panics of the process since the panic hook was installed.",
);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[REPORTS, SKIPPED, FAILED_DELIVERIES, UNCLEAN_ENDS, PANICS];
