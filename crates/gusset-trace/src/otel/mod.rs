//! Interoperation with the OpenTelemetry SDK for Rust.
//!
//! ```
//! use gusset_core::Env;
//! use gusset_propagation::Propagators;
//! use gusset_trace::{TraceObserver, otel};
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
//!
//! # fn main() -> Result<(), gusset_trace::ConfigError> {
//! // Libraries that use OpenTelemetry's propagator read and send the same headers.
//! otel::install_propagators(Propagators::from_env(Env::process())?);
//!
//! // An existing span processor receives the spans of calls, or with a `SpanLayer` all spans.
//! let processor = SimpleSpanProcessor::new(InMemorySpanExporter::default());
//! let sink = otel::SpanProcessorSink::new(processor);
//! let trace = TraceObserver::server().sink(sink).build()?;
//! # Ok(())
//! # }
//! ```

mod propagation;
mod span_data;
#[cfg(test)]
mod tests;

use gusset_data::{SpanData, SpanSink};
use gusset_propagation::{PropagationContext, Propagators};
use opentelemetry::Context;
use opentelemetry_sdk::trace::SpanProcessor;

pub use self::propagation::TextMapPropagatorAdapter;

/// Installs these propagators as OpenTelemetry's global propagator.
///
/// Only needed for libraries that use the OpenTelemetry API. gusset does not read the global.
pub fn install_propagators(propagators: Propagators) {
    opentelemetry::global::set_text_map_propagator(TextMapPropagatorAdapter::new(propagators));
}

/// Returns an OpenTelemetry context with the current span as its parent.
///
/// Outside of any call and span, returns OpenTelemetry's own current context.
///
/// ```
/// use gusset_trace::otel;
/// use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
///
/// let tracer = opentelemetry::global::tracer("legacy");
/// let span = tracer.start_with_context("load", &otel::context());
/// assert!(!otel::context().has_active_span());
/// ```
pub fn context() -> Context {
    let mut current = PropagationContext::default();
    current.span_context = crate::current_span_context();
    current.baggage = crate::current_baggage();
    propagation::with_context(&Context::current(), current, false)
}

/// A sink that passes spans to a `SpanProcessor` of the OpenTelemetry SDK.
///
/// The exported resource is that of the processor: call its `set_resource` first. Its `on_start` is
/// never called.
#[derive(Debug)]
pub struct SpanProcessorSink<P> {
    processor: P,
}

// === impl SpanProcessorSink ===

impl<P: SpanProcessor> SpanProcessorSink<P> {
    /// Creates a sink for `processor`.
    pub fn new(processor: P) -> Self {
        Self { processor }
    }

    /// Returns the processor, to flush it and to shut it down.
    pub fn processor(&self) -> &P {
        &self.processor
    }
}

impl<P: SpanProcessor + 'static> SpanSink for SpanProcessorSink<P> {
    fn export(&self, span: SpanData) {
        self.processor.on_end(span_data::convert(span));
    }
}
