#![doc = include_str!("../README.md")]

mod access;
mod control;
mod counters;
mod format;
mod layer;
mod limit;
mod lost;
pub mod names;
pub mod panics;
mod redact;
mod sink;
mod writer;

pub use access::{AccessCall, AccessLog, AccessLogBuilder, Levels, Sampling};
pub use control::{Control, LogFilter};
pub use counters::SharedRecorder;
pub use format::Format;
pub use gusset_core::ConfigError;
pub use layer::{Log, LogLayer, LogLayerBuilder};
pub use redact::Redaction;
pub use writer::FlushGuard;
