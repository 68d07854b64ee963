//! The names of the metrics of the management server and their labels.
//!
//! Names are API: renaming a metric is a breaking change.
//!
//! ```
//! for metric in gusset_admin::names::ALL {
//!     assert!(metric.name.starts_with("gusset.admin."), "{}", metric.help);
//! }
//! ```

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

/// `gusset.admin.reason`: why a connection was closed. `full`, `peer_limit`, `no_descriptors` or
/// `write_timeout`.
pub const REASON: &str = "gusset.admin.reason";

/// The number of connections that the server closed to stay available.
pub const CLOSED_CONNECTIONS: MetricDescriptor = MetricDescriptor::new(
    "gusset.admin.closed_connections",
    InstrumentKind::Counter,
    Unit::Count("{connection}"),
    "Connections that the management server closed to stay available, by reason.",
)
.with_labels(&[REASON]);

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &[CLOSED_CONNECTIONS];
