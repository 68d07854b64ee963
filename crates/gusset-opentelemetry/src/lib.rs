#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod context;
mod processor_sink;
mod propagation;
mod span_data;
#[cfg(test)]
mod tests;

pub use context::context;
pub use processor_sink::SpanProcessorSink;
pub use propagation::{TextMapPropagatorAdapter, install_propagators};
