#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Files are written in place and locked, which the standard library has for Unix alone.
#![cfg(unix)]

mod black_box;
mod call;
mod readings;
mod recorder;
mod writer;

pub use self::black_box::{
    BlackBox, BlackBoxBuilder, Entry, EntryKind, InterruptedCall, PreviousRun, RunEnd,
    previous_runs,
};
pub use self::call::{ActiveCall, CallEntry, CallTotals};
pub use self::readings::Readings;
pub use self::recorder::{
    CallRecorder, FlightRecorder, FlightRecorderBuilder, RecordedCall, StateChange,
};
pub use self::writer::BlackBoxWriter;
pub use gusset_core::ConfigError;

/// The target of log events of this crate.
const TARGET: &str = "gusset::incident";
