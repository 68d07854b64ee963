//! OpenTelemetry's own types, for whoever has them in a service: the one place that knows them.
//!
//! ```
//! use gusset_trace::{Propagators, Trace, otel};
//! use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};
//!
//! # fn main() -> Result<(), gusset_trace::ConfigError> {
//! // Instrumentation of others reads and writes what ours does.
//! otel::install_propagators(Propagators::from_lookup(|_| None)?);
//!
//! // A processor and an exporter that the service has already are given our spans: those of calls, or
//! // by a `SpanLayer` all of them.
//! let processor = SimpleSpanProcessor::new(InMemorySpanExporter::default());
//! let trace = Trace::server().export(otel::ProcessorSink::new(processor)).build()?;
//! # Ok(())
//! # }
//! ```

use std::fmt;

use gusset_data::{Attribute, SharedStr, SpanData, SpanKind, SpanSink, SpanStatus, Value};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::{Baggage as OtelBaggage, BaggageExt as _};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId as OtelSpanId, SpanKind as OtelKind, Status,
    TraceContextExt as _, TraceFlags as OtelFlags, TraceId as OtelTraceId, TraceState as OtelState,
};
use opentelemetry::{
    Array, Context, InstrumentationScope, KeyValue, StringValue, Value as OtelValue,
};
use opentelemetry_sdk::trace::{SpanData as OtelSpanData, SpanEvents, SpanLinks, SpanProcessor};

use crate::propagate::Propagator as _;
use crate::{Propagated, Propagators, SpanId, TraceContext, TraceFlags, TraceId};

/// Makes these the propagators of the whole process, for instrumentation that asks OpenTelemetry's
/// global one. Ours needs no global.
pub fn install_propagators(propagators: Propagators) {
    opentelemetry::global::set_text_map_propagator(TextMap::new(propagators));
}

/// OpenTelemetry's context of the call under way: spans that are made with its API are below it.
///
/// ```
/// use gusset_trace::otel;
/// use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
///
/// // In a handler; outside of any call it is OpenTelemetry's own current context.
/// let tracer = opentelemetry::global::tracer("legacy");
/// let span = tracer.start_with_context("load", &otel::context());
/// assert!(!otel::context().has_active_span());
/// ```
pub fn context() -> Context {
    let current = Propagated {
        trace: crate::current(),
        baggage: crate::current_baggage(),
    };
    into_context(&Context::current(), current, false)
}

/// [`Propagators`] as OpenTelemetry's `TextMapPropagator`.
#[derive(Clone, Debug)]
pub struct TextMap {
    propagators: Propagators,
    fields: Vec<String>,
}

/// A sink that gives spans to a `SpanProcessor` of OpenTelemetry's SDK. Its resource is the processor's
/// own: `set_resource` before it is given away.
#[derive(Debug)]
pub struct ProcessorSink<P> {
    processor: P,
}

/// What was read, as it was: OpenTelemetry's types keep less of it.
struct Received(Propagated);

/// What [`Injector`] cannot do: more than one line of a name, and a look at what is there.
const NAMES: [&str; 8] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "uber-trace-id",
    "x-amzn-trace-id",
];

// === impl TextMap ===

impl TextMap {
    /// Those propagators.
    pub fn new(propagators: Propagators) -> Self {
        Self {
            propagators,
            fields: NAMES.map(str::to_owned).to_vec(),
        }
    }
}

impl TextMapPropagator for TextMap {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span().span_context().clone();
        let mut all = match cx.get::<Received>() {
            Some(Received(received)) => received.clone(),
            None => Propagated::default(),
        };
        let received = all.trace.take();
        all.trace = from_span_context(&span).map(|trace| match received {
            // The same trace: its state as it came, and the flag that the SDK forgets.
            Some(received) if received.trace_id() == trace.trace_id() => {
                let flags = trace.flags().with_random(received.flags().is_random());
                trace.with_flags(flags).with_state(received.state().clone())
            }
            _ => trace,
        });
        let mut headers = HeaderMap::new();
        self.propagators.inject(&all, &mut headers);
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
        into_context(cx, self.propagators.extract(&headers), true)
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

fn into_context(cx: &Context, propagated: Propagated, is_remote: bool) -> Context {
    let mut cx = cx.clone();
    if let Some(trace) = &propagated.trace {
        // The state goes along as it is; the SDK would lose what it does not know.
        let members = trace.state().iter();
        let state = OtelState::from_key_value(members).unwrap_or_default();
        cx = cx.with_remote_span_context(SpanContext::new(
            OtelTraceId::from_bytes(trace.trace_id().to_bytes()),
            OtelSpanId::from_bytes(trace.span_id().to_bytes()),
            OtelFlags::new(trace.flags().bits()),
            is_remote,
            state,
        ));
    }
    if !propagated.baggage.is_empty() {
        let mut baggage = OtelBaggage::new();
        for (key, value) in propagated.baggage.iter() {
            baggage.insert(key.to_owned(), value.into_owned());
        }
        cx = cx.with_baggage(baggage);
    }
    cx.with_value(Received(propagated))
}

fn from_span_context(span: &SpanContext) -> Option<TraceContext> {
    let trace_id = TraceId::from_bytes(span.trace_id().to_bytes())?;
    let span_id = SpanId::from_bytes(span.span_id().to_bytes())?;
    let flags = TraceFlags::from_bits(span.trace_flags().to_u8());
    let trace = TraceContext::new(trace_id, span_id, flags);
    let line = HeaderValue::try_from(span.trace_state().header()).ok();
    let lines = line.iter().filter(|line| !line.is_empty());
    Some(trace.with_state(crate::TraceState::from_lines(lines)))
}

// === impl ProcessorSink ===

impl<P: SpanProcessor> ProcessorSink<P> {
    /// A sink that gives spans to `processor`. What the SDK does at a span's start, it does not hear of.
    pub fn new(processor: P) -> Self {
        Self { processor }
    }

    /// The processor: to flush it, and to shut it down.
    pub fn processor(&self) -> &P {
        &self.processor
    }
}

impl<P: SpanProcessor + 'static> SpanSink for ProcessorSink<P> {
    fn export(&self, span: SpanData) {
        self.processor.on_end(convert(span));
    }
}

fn convert(span: SpanData) -> OtelSpanData {
    let SpanData {
        trace_id,
        span_id,
        parent_span_id,
        parent_is_remote,
        flags,
        trace_state,
        name,
        kind,
        scope,
        start,
        end,
        attributes,
        dropped_attributes,
        events: happened,
        dropped_events,
        links: others,
        dropped_links,
        status,
    } = span;
    let context = |trace_id, span_id, flags, state| {
        SpanContext::new(
            OtelTraceId::from_bytes(trace_id),
            OtelSpanId::from_bytes(span_id),
            OtelFlags::new(flags),
            false,
            state,
        )
    };
    let state = trace_state
        .split(',')
        .filter_map(|member| member.split_once('='));
    let state = OtelState::from_key_value(state).unwrap_or_default();
    let mut events = SpanEvents::default();
    events.dropped_count = dropped_events;
    let happened = happened.into_iter();
    let convert = happened.map(|event| {
        Event::new(
            String::from(event.name),
            event.time,
            pairs(event.attributes),
            0,
        )
    });
    events.events = convert.collect();
    let mut links = SpanLinks::default();
    links.dropped_count = dropped_links;
    let others = others.into_iter().map(|link| {
        let context = context(
            link.trace_id,
            link.span_id,
            link.flags,
            OtelState::default(),
        );
        Link::new(context, pairs(link.attributes), 0)
    });
    links.links = others.collect();
    OtelSpanData {
        span_context: context(trace_id, span_id, flags, state),
        parent_span_id: parent_span_id.map_or(OtelSpanId::INVALID, OtelSpanId::from_bytes),
        parent_span_is_remote: parent_is_remote,
        span_kind: match kind {
            SpanKind::Server => OtelKind::Server,
            SpanKind::Client => OtelKind::Client,
            SpanKind::Producer => OtelKind::Producer,
            SpanKind::Consumer => OtelKind::Consumer,
            _ => OtelKind::Internal,
        },
        name: String::from(name).into(),
        start_time: start,
        end_time: end,
        attributes: pairs(attributes),
        dropped_attributes_count: dropped_attributes,
        events,
        links,
        status: match status {
            SpanStatus::Ok => Status::Ok,
            SpanStatus::Error(description) => Status::error(String::from(description)),
            _ => Status::Unset,
        },
        instrumentation_scope: InstrumentationScope::builder(String::from(scope)).build(),
    }
}

fn pairs(attributes: Vec<Attribute>) -> Vec<KeyValue> {
    let pair = |(key, value): Attribute| KeyValue::new(String::from(key), convert_value(value));
    attributes.into_iter().map(pair).collect()
}

fn convert_value(value: Value) -> OtelValue {
    match value {
        Value::Bool(value) => OtelValue::Bool(value),
        Value::Int(value) => OtelValue::I64(value),
        Value::Double(value) => OtelValue::F64(value),
        Value::String(text) => OtelValue::String(string(text)),
        Value::StringArray(texts) => {
            let texts = texts.into_iter().map(string).collect();
            OtelValue::Array(Array::String(texts))
        }
        other => OtelValue::String(other.to_string().into()),
    }
}

fn string(text: SharedStr) -> StringValue {
    String::from(text).into()
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
