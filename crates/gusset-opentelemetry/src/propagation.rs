//! Conversion between our context and OpenTelemetry's.

use std::fmt;

use gusset_propagation::{
    PropagationContext, Propagator as _, Propagators, SpanContext, SpanId, TraceFlags, TraceId,
    TraceState,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{Baggage as OtelBaggage, BaggageExt as _};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext as OtelSpanContext, SpanId as OtelSpanId, TraceContextExt as _,
    TraceFlags as OtelFlags, TraceId as OtelTraceId, TraceState as OtelState,
};

/// Adapts [`Propagators`] to OpenTelemetry's `TextMapPropagator`.
#[derive(Clone, Debug)]
pub struct TextMapPropagatorAdapter {
    propagators: Propagators,
    fields: Vec<String>,
}

/// The context as received. OpenTelemetry's types keep less of it.
struct Received(PropagationContext);

/// The headers of all formats.
const FIELDS: [&str; 8] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "uber-trace-id",
    "x-amzn-trace-id",
];

/// Installs these propagators as OpenTelemetry's global propagator.
///
/// Only needed for libraries that use the OpenTelemetry API. gusset does not read the global.
pub fn install_propagators(propagators: Propagators) {
    opentelemetry::global::set_text_map_propagator(TextMapPropagatorAdapter::new(propagators));
}

// === impl TextMapPropagatorAdapter ===

impl TextMapPropagatorAdapter {
    /// Creates an adapter of these propagators.
    pub fn new(propagators: Propagators) -> Self {
        Self {
            propagators,
            fields: FIELDS.map(str::to_owned).to_vec(),
        }
    }
}

impl TextMapPropagator for TextMapPropagatorAdapter {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span().span_context().clone();
        let mut context = match cx.get::<Received>() {
            Some(Received(received)) => received.clone(),
            None => PropagationContext::default(),
        };
        let received = context.span_context.take();
        context.span_context = from_otel(&span).map(|span| match received {
            // The same trace: restores the state as received, and the random flag that the SDK drops.
            Some(received) if received.trace_id() == span.trace_id() => {
                let flags = span.flags().with_random(received.flags().is_random());
                span.with_flags(flags).with_state(received.state().clone())
            }
            _ => span,
        });
        let mut headers = HeaderMap::new();
        self.propagators.inject(&context, &mut headers);
        for (name, value) in &headers {
            if let Ok(value) = value.to_str() {
                injector.set(name.as_str(), value.to_owned());
            }
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let mut headers = HeaderMap::new();
        for key in extractor.keys() {
            let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else {
                continue;
            };
            for value in extractor.get_all(key).unwrap_or_default() {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.append(&name, value);
                }
            }
        }
        with_context(cx, self.propagators.extract(&headers), true)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// Adds our context to an OpenTelemetry context.
pub(crate) fn with_context(cx: &Context, context: PropagationContext, is_remote: bool) -> Context {
    let mut cx = cx.clone();
    if let Some(span) = &context.span_context {
        let state = OtelState::from_key_value(span.state().iter()).unwrap_or_default();
        cx = cx.with_remote_span_context(OtelSpanContext::new(
            OtelTraceId::from_bytes(span.trace_id().to_bytes()),
            OtelSpanId::from_bytes(span.span_id().to_bytes()),
            OtelFlags::new(span.flags().bits()),
            is_remote,
            state,
        ));
    }
    if !context.baggage.is_empty() {
        let mut baggage = OtelBaggage::new();
        for (key, value) in context.baggage.iter() {
            baggage.insert(key.to_owned(), value.into_owned());
        }
        cx = cx.with_baggage(baggage);
    }
    cx.with_value(Received(context))
}

pub(crate) fn from_otel(span: &OtelSpanContext) -> Option<SpanContext> {
    let trace_id = TraceId::from_bytes(span.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(span.span_id().to_bytes())?;
    let flags = TraceFlags::from_bits(span.trace_flags().to_u8());
    let state = HeaderValue::try_from(span.trace_state().header()).ok();
    let values = state.iter().filter(|value| !value.is_empty());
    let context = SpanContext::new(trace_id, span_id, flags);
    Some(context.with_state(TraceState::from_header_values(values)))
}

// === impl Received ===

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
