//! The names of the metrics and of the attributes of spans. Renaming one is a breaking change.
//!
//! The semantic conventions (1.44) have events for web vitals and no metrics, so all names begin with `gusset.`.
//!
//! ```
//! for metric in gusset_browser::names::ALL {
//!     assert!(metric.name.starts_with("gusset.browser."), "{}", metric.name);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.browser.page`: a page that the service has registered.
pub const PAGE: &str = "gusset.browser.page";
/// `gusset.browser.phase`: a [`Phase`](crate::Phase). The attributes of a span are `gusset.browser.phase.` and its name.
pub const PHASE: &str = "gusset.browser.phase";
/// `gusset.browser.beacon.outcome`: a [`BeaconOutcome`](crate::BeaconOutcome).
pub const BEACON_OUTCOME: &str = "gusset.browser.beacon.outcome";

/// Powers of two around the budgets 0.4 s and 0.8 s, and the thresholds of the Core Web Vitals: 0.2 s and 0.5 s for
/// interactions, 2.5 s and 4 s for the largest paint.
const SECONDS: &[f64] = &[
    0.0125, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8, 1.2, 1.8, 2.5, 4.0, 6.0, 10.0, 30.0,
];

/// The thresholds of the Core Web Vitals, 0.1 and 0.25, and between them.
const SHIFTS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0];

/// The times of a page load.
pub const PHASE_DURATION: MetricDescriptor = seconds(
    "gusset.browser.phase.duration",
    "Time of the phases of page loads, as browsers measure it. Lookup and handshakes are those of new connections only.",
)
.with_labels(&[PAGE, PHASE]);

/// Largest Contentful Paint.
pub const LARGEST_CONTENTFUL_PAINT: MetricDescriptor = seconds(
    "gusset.browser.largest_contentful_paint",
    "Time from the start of the navigation until the largest image or text was painted (LCP).",
)
.with_labels(&[PAGE]);

/// Interaction to Next Paint.
pub const INTERACTION_TO_NEXT_PAINT: MetricDescriptor = seconds(
    "gusset.browser.interaction_to_next_paint",
    "Longest time from an interaction to the next paint, without one outlier in 50 interactions (INP).",
)
.with_labels(&[PAGE]);

/// Cumulative Layout Shift.
pub const CUMULATIVE_LAYOUT_SHIFT: MetricDescriptor = MetricDescriptor::new(
    "gusset.browser.cumulative_layout_shift",
    InstrumentKind::Histogram,
    Unit::One,
    "Largest sum of unexpected layout shifts in a session window (CLS).",
)
.with_labels(&[PAGE])
.with_boundaries(SHIFTS);

/// Errors of scripts.
pub const SCRIPT_ERRORS: MetricDescriptor = MetricDescriptor::new(
    "gusset.browser.script_errors",
    InstrumentKind::Counter,
    Unit::Count("{error}"),
    "Number of uncaught errors and unhandled rejections in the scripts of pages.",
)
.with_labels(&[PAGE]);

/// Beacons by outcome.
pub const BEACONS: MetricDescriptor = MetricDescriptor::new(
    "gusset.browser.beacons",
    InstrumentKind::Counter,
    Unit::Count("{beacon}"),
    "Number of beacons by outcome. Only accepted ones are in the other metrics.",
)
.with_labels(&[BEACON_OUTCOME]);

/// All metrics.
pub static ALL: &[MetricDescriptor] = &[
    PHASE_DURATION,
    LARGEST_CONTENTFUL_PAINT,
    INTERACTION_TO_NEXT_PAINT,
    CUMULATIVE_LAYOUT_SHIFT,
    SCRIPT_ERRORS,
    BEACONS,
];

const fn seconds(name: &'static str, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Histogram, Unit::Seconds, help)
        .with_boundaries(SECONDS)
}
