//! The names of the metrics of this crate, and their labels.
//!
//! Names are API: renaming a metric is a breaking change. OpenTelemetry's semantic conventions (1.44) have none of them.
//! Calls by route are `http.server.request.duration`, and calls under way are `http.server.active_requests`.
//!
//! ```
//! for metric in gusset_usage::names::ALL {
//!     assert!(metric.name.starts_with("gusset."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.usage.window`: `hour` or `day`.
pub const WINDOW: &str = "gusset.usage.window";
/// `gusset.usage.visitor`: `new` or `returning`; `any` if that is not known.
pub const VISITOR: &str = "gusset.usage.visitor";
/// `gusset.usage.client`: `person` or `bot`.
pub const CLIENT: &str = "gusset.usage.client";
/// `gusset.sign_in.outcome`: `success` or `failure`.
pub const OUTCOME: &str = "gusset.sign_in.outcome";
/// `gusset.sign_in.reason`: a [`FailureReason`](crate::FailureReason).
pub const REASON: &str = "gusset.sign_in.reason";
/// `gusset.sign_in.subject`: `account` or `client`.
pub const SUBJECT: &str = "gusset.sign_in.subject";

/// The most failures of one account or client.
pub const MAX_FAILURES: MetricDescriptor = MetricDescriptor::new(
    "gusset.sign_in.max_failures",
    InstrumentKind::Gauge,
    Unit::Count("{attempt}"),
    "The most failed sign-ins of one account and of one client in the last 30 to 60 minutes.",
)
.with_labels(&[SUBJECT]);

/// The sign-ins.
pub const SIGN_INS: MetricDescriptor = MetricDescriptor::new(
    "gusset.sign_in.attempts",
    InstrumentKind::Counter,
    Unit::Count("{attempt}"),
    "Sign-ins that the service reported, by outcome and by the reason of a failure.",
)
.with_labels(&[OUTCOME, REASON]);

/// The calls by people and by bots.
pub const CALLS: MetricDescriptor = MetricDescriptor::new(
    "gusset.usage.calls",
    InstrumentKind::Counter,
    Unit::Count("{call}"),
    "Calls that ended, by people and by bots, by their User-Agent.",
)
.with_labels(&[CLIENT]);

/// The distinct visitors.
pub const VISITORS: MetricDescriptor = MetricDescriptor::new(
    "gusset.usage.visitors",
    InstrumentKind::Gauge,
    Unit::Count("{visitor}"),
    "Distinct visitors of this process in the last hour and day, estimated; those of several instances cannot be added.",
)
.with_labels(&[WINDOW, VISITOR]);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[SIGN_INS, MAX_FAILURES, CALLS, VISITORS];
