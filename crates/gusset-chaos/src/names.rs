//! The names of the metrics, of the fields of a call and of the header. Renaming one is a breaking change.
//!
//! The semantic conventions of OpenTelemetry (1.44) have none for injected faults, so all names begin with
//! `gusset.chaos.`.
//!
//! ```
//! for metric in gusset_chaos::names::ALL {
//!     assert!(metric.name.starts_with("gusset.chaos."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.chaos.rule`: the name of a rule. Also a field of a call that was hit.
pub const RULE: &str = "gusset.chaos.rule";
/// `gusset.chaos.fault`: a [`FaultKind`](crate::FaultKind). Also a field of a call that was hit, with the fault that
/// decided the call: rather the fault than the one of the body, and rather that than the latency.
pub const FAULT: &str = "gusset.chaos.fault";
/// `gusset.chaos.reason`: `max_active`, `rate`, `budget`, `dry_run` or `unsupported` for what was skipped.
pub const REASON: &str = "gusset.chaos.reason";

/// `gusset.chaos.assault`: `cpu`, `memory`, `runtime`, `descriptors` or `kill`.
pub const ASSAULT: &str = "gusset.chaos.assault";

/// The header of a response to a call that was hit, with the faults.
pub const HEADER: &str = "x-gusset-chaos";

/// Calls that a rule has picked.
pub const MATCHED: MetricDescriptor = counter(
    "gusset.chaos.matched_calls",
    Unit::Count("{call}"),
    "Calls that a rule has picked, whether or not a fault was injected.",
)
.with_labels(&[RULE]);

/// Faults that were injected.
pub const INJECTED: MetricDescriptor = counter(
    "gusset.chaos.injected_faults",
    Unit::Count("{fault}"),
    "Faults that were injected.",
)
.with_labels(&[RULE, FAULT]);

/// Calls that were picked and are served without a fault.
pub const SKIPPED: MetricDescriptor = counter(
    "gusset.chaos.skipped_calls",
    Unit::Count("{call}"),
    "Calls that a rule has picked and that were served without its fault, by reason.",
)
.with_labels(&[RULE, FAULT, REASON]);

/// Calls in progress with a fault.
pub const ACTIVE: MetricDescriptor = MetricDescriptor::new(
    "gusset.chaos.active_faults",
    InstrumentKind::UpDownCounter,
    Unit::Count("{call}"),
    "Calls in progress with an injected fault.",
)
.with_labels(&[RULE, FAULT]);

/// Whether faults are injected.
pub const ARMED: MetricDescriptor = MetricDescriptor::new(
    "gusset.chaos.armed",
    InstrumentKind::UpDownCounter,
    Unit::Count("{arming}"),
    "Whether faults are injected: 1 while armed, also in a dry run.",
);

/// Ends of an arming.
pub const STOPS: MetricDescriptor = counter(
    "gusset.chaos.stops",
    Unit::Count("{event}"),
    "Times that the injection of faults ended, by reason: disarmed, expired, budget, guard, killed.",
)
.with_labels(&[REASON]);

/// Assaults on the process in progress.
pub const ASSAULTS: MetricDescriptor = MetricDescriptor::new(
    "gusset.chaos.active_assaults",
    InstrumentKind::UpDownCounter,
    Unit::Count("{assault}"),
    "Assaults on the process in progress, by what they occupy.",
)
.with_labels(&[ASSAULT]);

/// All metrics.
pub static ALL: &[MetricDescriptor] = &[MATCHED, INJECTED, SKIPPED, ACTIVE, ARMED, STOPS, ASSAULTS];

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Counter, unit, help)
}
