//! Spans of gusset in the pipelines of the OpenTelemetry SDK.

#[cfg(feature = "exporter")]
mod exporter;
mod live;
mod shared_processor;

#[cfg(feature = "exporter")]
pub use self::exporter::{
    SpanExportReport, SpanExporterBuilder, SpanExporterPipeline, SpanExporterSink,
};
pub use self::live::{LiveSpan, LiveSpans};
pub use self::shared_processor::SharedSpanProcessor;
