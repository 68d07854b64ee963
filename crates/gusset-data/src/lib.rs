#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "queue")]
mod batch_queue;
#[cfg(feature = "recorder")]
mod contained_recorder;
mod contained_sink;
mod descriptor;
mod error_chain;
mod exception_message;
mod exponential;
pub mod hex;
mod linked_ids;
mod log;
mod metric;
mod panics;
#[cfg(feature = "recorder")]
mod recorder;
#[cfg(feature = "recorder")]
mod recorder_defaults;
pub mod redaction;
mod resource;
pub mod sdk_metrics;
pub mod semconv;
mod shared_str;
#[cfg(feature = "queue")]
mod sink;
mod span;
mod state;
mod steady_state;
mod value;

#[cfg(feature = "queue")]
pub use batch_queue::{BatchQueue, Rejected};
#[cfg(feature = "recorder")]
pub use contained_recorder::contain_recorder;
pub use contained_sink::ContainedSink;
pub use descriptor::{InstrumentKind, MetricDescriptor, Origin, Unit};
pub use error_chain::ErrorChain;
pub use exception_message::{MAX_EXCEPTION_MESSAGE_BYTES, exception_message};
pub use exponential::{BucketCounts, ExponentialBuckets};
pub use linked_ids::LinkedIds;
pub use log::{LogRecord, LogSink, Severity};
pub use metric::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Labels, Metric, MetricData,
    MetricProducer, NumberDataPoint,
};
pub use panics::{panic_aborts, panic_message};
#[cfg(feature = "recorder")]
pub use recorder::{METADATA, SharedRecorder};
#[cfg(feature = "recorder")]
pub use recorder_defaults::{default_boundaries, ucum};
pub use redaction::Redaction;
pub use resource::Resource;
pub use shared_str::SharedStr;
#[cfg(feature = "queue")]
pub use sink::{Flushing, QueuedSink, Sink, Tee};
pub use span::{SpanData, SpanEvent, SpanKind, SpanLink, SpanSink, SpanStatus};
pub use state::{ShowState, StateTree};
pub use steady_state::SteadyState;
pub use value::{Attribute, Value};
