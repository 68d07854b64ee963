//! The sink of an existing span processor.

use gusset_data::{SpanData, SpanSink};
use opentelemetry_sdk::trace::SpanProcessor;

use crate::span_data;

/// A sink that passes spans to a `SpanProcessor` of the OpenTelemetry SDK.
///
/// Each span is converted on the thread that ends it. The exported resource is that of the processor: share it with a
/// provider ([`SharedSpanProcessor`](crate::SharedSpanProcessor)), or call its `set_resource` first. Its `on_start` is
/// never called, because that takes a span which has begun in the SDK ([`LiveSpans`](crate::LiveSpans)).
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

    fn takes_unsampled(&self) -> bool {
        true
    }
}
