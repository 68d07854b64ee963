#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Files are written in place and locked, which the standard library has for Unix alone.
#![cfg(unix)]

mod black_box;
mod call;
mod counts;
mod destination;
mod detect;
mod incidents;
mod metrics;
pub mod names;
mod panic_hook;
mod readings;
mod recorder;
mod report;
mod run_end;
mod signals;
mod trigger;
mod writer;

pub use self::black_box::{
    BlackBox, BlackBoxBuilder, Entry, EntryKind, InterruptedCall, PreviousRun, RunEnd,
    previous_runs,
};
pub use self::call::{ActiveCall, CallEntry, CallTotals};
#[cfg(feature = "webhook")]
pub use self::destination::Webhook;
pub use self::destination::{Delivery, Destination, Directory, ReportFormat, StoredReport};
pub use self::detect::{
    And, Detect, ErrorShare, HeldFor, MemoryPressure, Moment, Or, OutOfMemory, SlowCalls,
    StateChanged,
};
pub use self::incidents::{Captured, Incidents, IncidentsBuilder, Skipped, TaskDump};
pub use self::readings::Readings;
pub use self::recorder::{
    CallRecorder, FlightRecorder, FlightRecorderBuilder, RecordedCall, StateChange,
};
pub use self::report::{
    ActiveCallRow, CallRow, Calls, ChangeRow, FORMAT, LogRow, ReadError, ReadingsRow, Report,
    Section, ServiceFacts, TotalsRow,
};
pub use self::run_end::{EndCause, EndReason};
pub use self::signals::AfterTerminate;
pub use self::trigger::Trigger;
pub use self::writer::BlackBoxWriter;
pub use gusset_core::ConfigError;

/// The target of log events of this crate.
const TARGET: &str = "gusset::incident";
