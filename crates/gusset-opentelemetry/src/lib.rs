#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod beside;
mod context;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod meter;
mod processor_sink;
mod propagation;
mod sampler;
mod span_data;
mod spans;
#[cfg(test)]
mod tests;

pub use beside::{SpanWithoutCalls, WithoutCalls, without_calls};
#[cfg(feature = "subscriber")]
pub use beside::{WithCallIds, with_call_ids};
pub use context::{OpenTelemetryContext, context};
#[cfg(feature = "logs")]
pub use logs::LoggerSink;
#[cfg(feature = "metrics")]
pub use meter::MeterRecorder;
pub use processor_sink::SpanProcessorSink;
pub use propagation::{TextMapPropagatorAdapter, install_propagators};
pub use sampler::SamplerAdapter;
pub use spans::{LiveSpan, LiveSpans, SharedSpanProcessor};
#[cfg(feature = "exporter")]
pub use spans::{SpanExportReport, SpanExporterBuilder, SpanExporterPipeline, SpanExporterSink};

/// The target of all log events of this crate.
const TARGET: &str = "gusset::opentelemetry";
