#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod counters;
mod directives;
mod file;
mod filter_handle;
mod format;
mod layer;
mod level;
pub mod names;
pub mod panics;
mod rate_limit;
mod redact;
mod sync;
mod writer;

pub use access::{
    AccessCall, AccessLog, AccessLogBuilder, AccessLogSampling, MessageLog, OperationLog,
    OutcomeLevels,
};
pub use file::{LogFile, LogFileBuilder, LogFileHandle};
pub use filter_handle::{FilterHandle, LogFilter};
pub use format::Format;
pub use gusset_core::ConfigError;
pub use gusset_data::SharedRecorder;
pub use layer::{LogLayer, LogLayerBuilder, LogPipeline};
pub use redact::Redaction;
pub use writer::FlushGuard;
