//! The names of the metrics of jobs. They are API: renaming a metric is a breaking change.
//!
//! ```
//! for metric in gusset_jobs::names::ALL {
//!     assert!(metric.name.starts_with("gusset.job."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.job.name`: the name of a job.
pub const JOB_NAME: &str = "gusset.job.name";

/// The time of the last success.
pub const LAST_SUCCESS: MetricDescriptor = MetricDescriptor::new(
    "gusset.job.last_success",
    InstrumentKind::Gauge,
    Unit::Seconds,
    "Unix time of the end of the last run of the job that succeeded.",
)
.with_labels(&[JOB_NAME]);

/// The duration of the last run.
pub const LAST_DURATION: MetricDescriptor = MetricDescriptor::new(
    "gusset.job.last_duration",
    InstrumentKind::Gauge,
    Unit::Seconds,
    "Duration of the last run of the job, whatever its outcome.",
)
.with_labels(&[JOB_NAME]);

/// Whether the last success is too long ago.
pub const OVERDUE: MetricDescriptor = MetricDescriptor::new(
    "gusset.job.overdue",
    InstrumentKind::Gauge,
    Unit::Count("{job}"),
    "Whether the last success of the job is longer ago than allowed: 1 if it is, otherwise 0.",
)
.with_labels(&[JOB_NAME]);

/// The runs that did not start.
pub const SKIPPED: MetricDescriptor = MetricDescriptor::new(
    "gusset.job.skipped",
    InstrumentKind::Counter,
    Unit::Count("{run}"),
    "Runs of the job that were due and did not start: one was in progress, or the runtime was late.",
)
.with_labels(&[JOB_NAME]);

/// The runs that started beside another one.
pub const OVERLAPPING: MetricDescriptor = MetricDescriptor::new(
    "gusset.job.overlapping",
    InstrumentKind::Counter,
    Unit::Count("{run}"),
    "Runs of the job that started while another run of it was in progress.",
)
.with_labels(&[JOB_NAME]);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[LAST_SUCCESS, LAST_DURATION, OVERDUE, SKIPPED, OVERLAPPING];
