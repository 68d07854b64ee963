//! Spans of calls in a tracer of OpenTelemetry, from their start.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use gusset_data::{Attribute, SpanData, SpanSink, Value, semconv};
use gusset_propagation::SpanContext;
use gusset_trace::live::{SpanStart, SpanStarter, StartedSpan};
use opentelemetry::Context;
use opentelemetry::trace::{Span, SpanBuilder, TraceContextExt as _, Tracer};

use crate::propagation::{from_otel, with_context};
use crate::span_data;

/// Starts the spans of calls in a tracer of OpenTelemetry.
///
/// The tracer creates the ids of each span, samples it, and runs the `on_start` of its processors, all before the
/// call is served. Its trace id and decision are propagated. Use it for id generators (AWS X-Ray) and remote
/// samplers, and for processors that add attributes at the start. The parent given to the tracer is the
/// received one, or the span around a client's call, with its `tracestate` and the baggage.
///
/// The scope and the limits are those of the tracer. Three things differ from the other ways to export,
/// because the interface of OpenTelemetry's spans has no room for them: gusset's counts of dropped
/// attributes, events and links are not exported; an attribute of the start that changes later is exported
/// twice, the later value last; and the kind is the one of the start.
///
/// Get the tracer from the provider, or from the global one after it is set: a tracer from before
/// starts nothing, and the calls are then not sampled.
///
/// ```
/// use gusset_opentelemetry::LiveSpans;
/// use gusset_trace::TraceObserver;
/// use opentelemetry::trace::TracerProvider as _;
/// use opentelemetry_sdk::trace::{RandomIdGenerator, Sampler, SdkTracerProvider};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let provider = SdkTracerProvider::builder()
///     .with_id_generator(RandomIdGenerator::default())
///     .with_sampler(Sampler::AlwaysOn)
///     .build();
/// let trace = TraceObserver::server().live(LiveSpans::new(provider.tracer("shop"))).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LiveSpans<T> {
    tracer: T,
}

/// A span of a [`LiveSpans`] between its start and its end.
pub struct LiveSpan<S> {
    /// `None` after the end.
    span: Mutex<Option<S>>,
    name: Box<str>,
    /// The attributes at the start, in the order of the ended span.
    attributes: Vec<Attribute>,
    links: usize,
}

/// The method of a gRPC call that is not known yet. It is given to the tracer at the end only, because a
/// span of OpenTelemetry cannot replace an attribute.
const UNKNOWN_METHOD: &str = "_OTHER";

// === impl LiveSpans ===

impl<T> LiveSpans<T> {
    /// Creates an adapter of `tracer`.
    pub const fn new(tracer: T) -> Self {
        Self { tracer }
    }
}

impl<T> SpanStarter for LiveSpans<T>
where
    T: Tracer + Send + Sync + 'static,
    T::Span: Send + 'static,
{
    type Span = LiveSpan<T::Span>;

    fn start(&self, start: &SpanStart<'_>) -> Option<StartedSpan<LiveSpan<T::Span>>> {
        let parent = parent(start);
        let known = start.attributes.iter().filter(|known| !may_change(known));
        let builder = SpanBuilder {
            span_kind: Some(span_data::convert_kind(start.kind)),
            start_time: Some(start.start),
            attributes: Some(known.cloned().map(span_data::convert_attribute).collect()),
            ..SpanBuilder::from_name(start.name.to_owned())
        };
        let links = start.links.iter().cloned().map(span_data::convert_link);
        let builder = match start.links {
            [] => builder,
            _ => builder.with_links(links.collect()),
        };
        let span = self.tracer.build_with_context(builder, &parent);
        let context = started_context(start, &span, &parent)?;
        let span = span.is_recording().then(|| LiveSpan {
            span: Mutex::new(Some(span)),
            name: start.name.into(),
            attributes: start.attributes.to_vec(),
            links: start.links.len(),
        });
        Some(StartedSpan { context, span })
    }
}

/// Returns the context with the parent span, or without any span.
fn parent(start: &SpanStart<'_>) -> Context {
    let current = Context::current();
    let base = match start.context.span_context {
        // The span is a root, whatever span of OpenTelemetry is around it.
        None if current.has_active_span() => Context::new(),
        _ => current,
    };
    with_context(&base, start.context.clone(), start.parent_is_remote)
}

/// Returns the context of the started span, with what OpenTelemetry's types do not keep. Returns `None` if
/// it has no ids: the tracer is shut down, or telemetry is suppressed.
fn started_context<S: Span>(
    start: &SpanStart<'_>,
    span: &S,
    parent: &Context,
) -> Option<SpanContext> {
    let context = from_otel(span.span_context())?;
    let Some(received) = &start.context.span_context else {
        return Some(context);
    };
    if received.trace_id() != context.trace_id() {
        return Some(context);
    }
    let flags = context.flags().with_random(received.flags().is_random());
    let parent = parent.span().span_context().trace_state().clone();
    Some(match *span.span_context().trace_state() == parent {
        true => context.with_state(received.state().clone()),
        false => context,
    })
    .map(|context| context.with_flags(flags))
}

fn may_change((key, value): &Attribute) -> bool {
    key == semconv::RPC_METHOD && matches!(value, Value::String(text) if text == UNKNOWN_METHOD)
}

// === impl LiveSpan ===

impl<S: Span + Send + 'static> SpanSink for LiveSpan<S> {
    fn export(&self, ended: SpanData) {
        let span = self
            .span
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut span) = span else {
            return;
        };
        if *ended.name != *self.name {
            span.update_name(String::from(ended.name));
        }
        for (index, attribute) in ended.attributes.into_iter().enumerate() {
            let given = self
                .attributes
                .get(index)
                .filter(|given| !may_change(given));
            if given != Some(&attribute) {
                span.set_attribute(span_data::convert_attribute(attribute));
            }
        }
        for event in ended.events {
            let attributes = span_data::convert_attributes(event.attributes);
            span.add_event_with_timestamp(String::from(event.name), event.time, attributes);
        }
        for link in ended.links.into_iter().skip(self.links) {
            let link = span_data::convert_link(link);
            span.add_link(link.span_context, link.attributes);
        }
        span.set_status(span_data::convert_status(ended.status));
        span.end_with_timestamp(ended.end);
    }
}

impl<S> fmt::Debug for LiveSpan<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSpan")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
