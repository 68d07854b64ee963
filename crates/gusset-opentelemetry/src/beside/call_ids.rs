//! A layer whose records have the ids of calls.

use gusset_core::SpanIds;
use gusset_data::LinkedIds;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context as OtelContext, ContextGuard};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::context::is_usable;

/// Wraps a layer that reads OpenTelemetry's current context at an event, such as that of
/// `opentelemetry-appender-tracing`. It finds the ids of the call in it.
///
/// The entry of the access log is written after the last poll of a call, where no context is attached. The records
/// of the service inside of a call have ids by the [`OpenTelemetryContext`](crate::OpenTelemetryContext); without it,
/// by this layer. A filter belongs around it: `with_call_ids(layer).with_filter(filter)`.
///
/// ```
/// use gusset_opentelemetry::with_call_ids;
/// use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let provider = SdkLoggerProvider::builder().build();
/// let layer = with_call_ids(OpenTelemetryTracingBridge::new(&provider));
/// let subscriber = tracing_subscriber::registry().with(layer);
/// ```
pub fn with_call_ids<L>(layer: L) -> WithCallIds<L> {
    WithCallIds { layer }
}

/// A layer whose records have the ids of calls. Created by [`with_call_ids`].
#[derive(Clone, Debug)]
pub struct WithCallIds<L> {
    layer: L,
}

/// The targets of the crates of gusset begin with this, and those of the SDK with the other one.
const OWN_TARGETS: &str = "gusset::";
const SDK_TARGETS: &str = "opentelemetry";

/// Attaches the ids that belong to an event, if OpenTelemetry's current span does not have them.
fn attach<S>(event: &Event<'_>, cx: &Context<'_, S>) -> Option<ContextGuard>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let target = event.metadata().target();
    // The SDK logs while it holds OpenTelemetry's current context, which cannot be changed then.
    if target.starts_with(SDK_TARGETS) || !is_usable() {
        return None;
    }
    let explicit = event.parent().and_then(|id| cx.span(id));
    let ids = match explicit {
        Some(span) => span.extensions().get().and_then(|LinkedIds(ids)| *ids)?,
        None if event.is_contextual() => SpanIds::current()?,
        None => return None,
    };
    let (trace_id, span_id) = (
        TraceId::from_bytes(ids.trace_id()),
        SpanId::from_bytes(ids.span_id()),
    );
    let is_own = event.parent().is_some() || target.starts_with(OWN_TARGETS);
    let context = OtelContext::map_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        let is_right = match is_own {
            true => (span.trace_id(), span.span_id()) == (trace_id, span_id),
            // A span of OpenTelemetry may be inside of the one with the ids.
            false => span.is_valid(),
        };
        (!is_right).then(|| {
            let flags = TraceFlags::new(ids.flags());
            let span = SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE);
            cx.with_remote_span_context(span)
        })
    });
    context.map(OtelContext::attach)
}

// === impl WithCallIds ===

impl<S, L> Layer<S> for WithCallIds<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.layer.on_register_dispatch(subscriber);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.layer.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.layer.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, cx: Context<'_, S>) -> bool {
        self.layer.enabled(metadata, cx)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.layer.max_level_hint()
    }

    fn event_enabled(&self, event: &Event<'_>, cx: Context<'_, S>) -> bool {
        self.layer.event_enabled(event, cx)
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let _attached = attach(event, &cx);
        self.layer.on_event(event, cx);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        self.layer.on_new_span(attributes, id, cx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        self.layer.on_record(id, values, cx);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, cx: Context<'_, S>) {
        self.layer.on_follows_from(id, follows, cx);
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        self.layer.on_enter(id, cx);
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        self.layer.on_exit(id, cx);
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        self.layer.on_close(id, cx);
    }

    fn on_id_change(&self, old: &Id, new: &Id, cx: Context<'_, S>) {
        self.layer.on_id_change(old, new, cx);
    }
}
