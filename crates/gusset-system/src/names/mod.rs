//! The tables of metrics: of a snapshot, of calls, of the runtime. Names are API: renaming a metric is a breaking change.
//!
//! Names and labels follow OpenTelemetry's semantic conventions 1.44 where there are any: those of `process.*` are
//! release candidates there, the others in development. The rest is under `gusset.`. `docs/catalogue.md` is
//! generated from these tables.
//!
//! ```
//! for metric in gusset_system::names::ALL {
//!     assert!(!metric.name.contains('_') || metric.name.contains('.'), "{}", metric.help);
//! }
//! ```

mod calls;
pub mod classic;
mod container;
mod host;
mod own;
mod process;

use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

pub use self::calls::*;
pub use self::container::*;
pub use self::host::*;
pub use self::own::*;
pub use self::process::*;

const SECONDS: Unit = Unit::Seconds;
const BYTES: Unit = Unit::Bytes;

/// All metrics, in the order of the catalogue.
pub const ALL: &[MetricDescriptor] = &ALL_TABLES;

/// The metrics with the names of Prometheus's client libraries. See
/// [`classic_names`](crate::SystemSamplerBuilder::classic_names).
pub const CLASSIC: &[MetricDescriptor] = classic::TABLE;

const LENGTH: usize = process::TABLE.len()
    + host::TABLE.len()
    + container::TABLE.len()
    + own::TABLE.len()
    + calls::TABLE.len();

const ALL_TABLES: [MetricDescriptor; LENGTH] = {
    let mut all = [PROCESS_CPU_TIME; LENGTH];
    let tables = [
        process::TABLE,
        host::TABLE,
        container::TABLE,
        own::TABLE,
        calls::TABLE,
    ];
    let (mut table, mut at) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
};

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Counter, unit, help)
}

const fn up_down_counter(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::UpDownCounter, unit, help)
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Gauge, unit, help)
}
