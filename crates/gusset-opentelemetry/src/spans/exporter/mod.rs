//! Exports spans through an exporter of the OpenTelemetry SDK, on a thread of its own.

mod block_on;
mod builder;
mod config;
mod metrics;
mod pipeline;
mod queue;
mod requests;
mod suppression;
mod worker;

pub use self::builder::SpanExporterBuilder;
pub use self::pipeline::{SpanExportReport, SpanExporterPipeline};
pub use self::queue::SpanExporterSink;
