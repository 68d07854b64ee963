//! The name of the metric of a diagnosis, and its label.
//!
//! Names are API: renaming a metric is a breaking change.
//!
//! ```
//! for metric in gusset_diagnose::names::ALL {
//!     assert!(metric.name.starts_with("gusset.diagnosis."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.diagnosis.finding`: the id of a [`FindingKind`](crate::FindingKind).
pub const FINDING: &str = "gusset.diagnosis.finding";

/// Whether a finding is there: one series for each kind.
pub const ACTIVE: MetricDescriptor = MetricDescriptor::new(
    "gusset.diagnosis.active",
    InstrumentKind::Gauge,
    Unit::Count("{finding}"),
    "Whether the diagnosis has this finding, on its own or as a consequence of another: 1 or 0.",
)
.with_labels(&[FINDING]);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[ACTIVE];
