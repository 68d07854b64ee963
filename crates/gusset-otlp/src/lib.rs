#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod batch_queue;
mod detect;
mod diagnostics;
mod encode;
pub mod names;
mod pending_log;
mod pipeline;
mod receiver;
mod report;
mod self_metrics;
mod settings;
mod signal;
mod sinks;
mod transport;
mod worker;

pub use gusset_core::ConfigError;
pub use gusset_data::{Resource, SharedRecorder};
pub use pipeline::{OtlpPipeline, OtlpPipelineBuilder};
pub use receiver::Receiver;
pub use report::{ExportReport, SignalCounts};
pub use signal::{OtlpProtocol, Signal};
pub use sinks::{OtlpLogSink, OtlpSpanSink};
#[cfg(all(fuzzing, feature = "grpc"))]
#[doc(hidden)]
pub use transport::fuzzing;
