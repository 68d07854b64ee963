//! A tracer that does not export the spans of calls.

use std::borrow::Cow;
use std::time::SystemTime;

use gusset_trace::names;
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags,
    TraceId, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, Value};

/// Returns a tracer for `tracing-opentelemetry` that leaves out the spans of calls, which gusset exports.
///
/// Every call has a `tracing` span, so that layer would export each call twice. In its place the layer gets a span
/// with the ids of the call, which records nothing. So the layer's other spans are children of the call, also those
/// with the call's span as an explicit parent and those of tasks that enter it (`in_current_span`). The context of
/// `OpenTelemetrySpanExt` for the call's span has the call's ids.
///
/// Use it with an [`OpenTelemetryContext`](crate::OpenTelemetryContext) on the observers. With a `SpanLayer` in the
/// same subscriber, one of the two has to leave out the service's spans: `SpanFilter::calls_only`.
///
/// ```
/// use gusset_opentelemetry::without_calls;
/// use opentelemetry::trace::TracerProvider as _;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let provider = SdkTracerProvider::default();
/// let tracer = without_calls(provider.tracer("shop"));
/// let layer = tracing_opentelemetry::layer().with_tracer(tracer);
/// let subscriber = tracing_subscriber::registry().with(layer);
/// ```
pub fn without_calls<T: Tracer>(tracer: T) -> WithoutCalls<T> {
    WithoutCalls { tracer }
}

/// A tracer that does not export the spans of calls. Created by [`without_calls`].
#[derive(Clone, Debug)]
pub struct WithoutCalls<T> {
    tracer: T,
}

/// A span of [`WithoutCalls`]: one of its tracer, or the ids of a call.
#[derive(Debug)]
pub struct SpanWithoutCalls<S>(Inner<S>);

#[derive(Debug)]
enum Inner<S> {
    Call(SpanContext),
    Other(S),
}

// === impl WithoutCalls ===

impl<T: Tracer> Tracer for WithoutCalls<T> {
    type Span = SpanWithoutCalls<T::Span>;

    fn build_with_context(&self, builder: SpanBuilder, parent_cx: &Context) -> Self::Span {
        SpanWithoutCalls(match call(&builder, parent_cx) {
            Some(call) => Inner::Call(call),
            None => Inner::Other(self.tracer.build_with_context(builder, parent_cx)),
        })
    }
}

/// Returns the span context of a call, if this is the span of one.
///
/// The fields of a call's `tracing` span have its ids. Fields of the service may have such names too, but not with
/// this kind of span.
fn call(builder: &SpanBuilder, parent_cx: &Context) -> Option<SpanContext> {
    let kind = builder.span_kind.as_ref()?;
    if !matches!(
        kind,
        SpanKind::Server | SpanKind::Client | SpanKind::Consumer
    ) {
        return None;
    }
    let text = |key| {
        let mut attributes = builder.attributes.iter().flatten();
        match &attributes
            .find(|attribute| attribute.key.as_str() == key)?
            .value
        {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        }
    };
    let trace_id = TraceId::from_hex(text(names::TRACE_ID)?).ok()?;
    let span_id = SpanId::from_hex(text(names::SPAN_ID)?).ok()?;
    let flags = u8::from_str_radix(text(names::TRACE_FLAGS)?, 16).ok()?;
    // With the bridge, the span is created inside of the context of its call, which has the trace state.
    let current = parent_cx.span();
    let current = current.span_context();
    if (current.trace_id(), current.span_id()) == (trace_id, span_id) {
        return Some(current.clone());
    }
    let flags = TraceFlags::new(flags);
    let call = SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE);
    call.is_valid().then_some(call)
}

// === impl SpanWithoutCalls ===

impl<S> SpanWithoutCalls<S> {
    fn other(&mut self) -> Option<&mut S> {
        match &mut self.0 {
            Inner::Call(_) => None,
            Inner::Other(span) => Some(span),
        }
    }
}

impl<S: Span> Span for SpanWithoutCalls<S> {
    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.other() {
            span.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        match &self.0 {
            Inner::Call(context) => context,
            Inner::Other(span) => span.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        match &self.0 {
            Inner::Call(_) => false,
            Inner::Other(span) => span.is_recording(),
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(span) = self.other() {
            span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(span) = self.other() {
            span.set_status(status);
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.other() {
            span.update_name(new_name);
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(span) = self.other() {
            span.add_link(span_context, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(span) = self.other() {
            span.end_with_timestamp(timestamp);
        }
    }
}
