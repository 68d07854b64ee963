//! Conversion between our context and OpenTelemetry's.

use std::fmt;

use gusset_propagation::{
    Baggage, HEADERS, PropagationContext, Propagator as _, Propagators, SpanContext, SpanId,
    TraceFlags, TraceId, TraceState,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::{Baggage as OtelBaggage, BaggageExt as _};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanContext as OtelSpanContext, SpanId as OtelSpanId, TraceContextExt as _,
    TraceFlags as OtelFlags, TraceId as OtelTraceId, TraceState as OtelState,
};
use opentelemetry::{Context, Key};

/// Adapts [`Propagators`] to OpenTelemetry's `TextMapPropagator`.
#[derive(Clone, Debug)]
pub struct TextMapPropagatorAdapter {
    propagators: Propagators,
    fields: Vec<String>,
}

/// The context as received. OpenTelemetry's types keep less of it.
struct Received(PropagationContext);

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
            fields: HEADERS.map(str::to_owned).to_vec(),
        }
    }
}

impl TextMapPropagator for TextMapPropagatorAdapter {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let mut headers = HeaderMap::new();
        self.propagators.inject(&received(cx), &mut headers);
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

/// Adds our context to an OpenTelemetry context. A span that is current there stays what it is.
pub(crate) fn with_context(cx: &Context, context: PropagationContext, is_remote: bool) -> Context {
    let mut changed = cx.clone();
    if let Some(span) = &context.span_context {
        let trace_id = OtelTraceId::from_bytes(span.trace_id().to_bytes());
        let span_id = OtelSpanId::from_bytes(span.span_id().to_bytes());
        let current = cx.span();
        let current = current.span_context();
        if (current.trace_id(), current.span_id()) != (trace_id, span_id) {
            changed = changed.with_remote_span_context(to_otel(span, is_remote));
        }
    }
    let is_same_baggage = match cx.baggage().is_empty() {
        true => context.baggage.is_empty(),
        false => context.baggage == current_baggage(cx),
    };
    if !is_same_baggage {
        changed = changed.with_baggage(otel_baggage(&context.baggage));
    }
    changed.with_value(Received(context))
}

/// Returns our context of an OpenTelemetry context: as it was received, with what has changed since then.
pub(crate) fn received(cx: &Context) -> PropagationContext {
    let received = cx.get::<Received>().map(|Received(received)| received);
    let mut context = PropagationContext::default();
    context.sampling_request = received.and_then(|received| received.sampling_request);
    context.baggage = current_baggage(cx);
    let received = received.and_then(|received| received.span_context.as_ref());
    let span = cx.span();
    let span = span.span_context();
    context.span_context = from_otel(span).map(|of_span| match received {
        // The same trace: restores the random flag that the SDK drops, and the state that it cannot hold.
        Some(received) if received.trace_id() == of_span.trace_id() => {
            let flags = of_span.flags().with_random(received.flags().is_random());
            let state = match otel_state(received.state()) == *span.trace_state() {
                true => received.state(),
                false => of_span.state(),
            };
            let state = state.clone();
            of_span.with_flags(flags).with_state(state)
        }
        _ => of_span,
    });
    context
}

/// Returns the baggage of an OpenTelemetry context: as it was received, unless it has changed since then.
fn current_baggage(cx: &Context) -> Baggage {
    let current = cx.baggage();
    if current.is_empty() {
        return Baggage::new();
    }
    if let Some(Received(received)) = cx.get() {
        if is_equal(&otel_baggage(&received.baggage), current) {
            return received.baggage.clone();
        }
    }
    let text = HeaderValue::try_from(current.to_string());
    Baggage::from_header_values(text.iter())
}

fn is_equal(a: &OtelBaggage, b: &OtelBaggage) -> bool {
    let has = |(key, member): (&Key, &_)| b.get_with_metadata(key) == Some(member);
    a.len() == b.len() && a.iter().all(has)
}

fn otel_baggage(baggage: &Baggage) -> OtelBaggage {
    let mut converted = OtelBaggage::new();
    for (member, (key, value)) in baggage.as_str().split(',').zip(baggage.iter()) {
        let properties = member
            .split_once(';')
            .map_or("", |(_, properties)| properties);
        converted.insert_with_metadata(key.to_owned(), value.into_owned(), properties);
    }
    converted
}

fn otel_state(state: &TraceState) -> OtelState {
    if state.is_empty() {
        return OtelState::NONE;
    }
    OtelState::from_key_value(state.iter()).unwrap_or_default()
}

pub(crate) fn to_otel(span: &SpanContext, is_remote: bool) -> OtelSpanContext {
    OtelSpanContext::new(
        OtelTraceId::from_bytes(span.trace_id().to_bytes()),
        OtelSpanId::from_bytes(span.span_id().to_bytes()),
        OtelFlags::new(span.flags().bits()),
        is_remote,
        otel_state(span.state()),
    )
}

pub(crate) fn from_otel(span: &OtelSpanContext) -> Option<SpanContext> {
    let trace_id = TraceId::from_bytes(span.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(span.span_id().to_bytes())?;
    let flags = TraceFlags::from_bits(span.trace_flags().to_u8());
    let context = SpanContext::new(trace_id, span_id, flags);
    if *span.trace_state() == OtelState::NONE {
        return Some(context);
    }
    let state = HeaderValue::try_from(span.trace_state().header()).ok();
    let values = state.iter().filter(|value| !value.is_empty());
    Some(context.with_state(TraceState::from_header_values(values)))
}

// === impl Received ===

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
