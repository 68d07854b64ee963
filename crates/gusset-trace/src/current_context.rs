//! The current context: the innermost span on this thread, and what travels with it.

use gusset_core::SpanIds;
use gusset_http::current_request_id;
#[cfg(feature = "subscriber")]
use gusset_propagation::PropagationContext;
use gusset_propagation::{Baggage, SpanContext, SpanId, TraceFlags, TraceId};

use crate::context_bridge::ContextBridge;
use crate::current::{CallScope, current_bridge, current_recording, with_current};

/// Returns the innermost span on this thread: of the call that is being polled, or a span inside of it.
///
/// Returns `None` outside of any call and span. In a spawned task, wrap the task in
/// [`with_current_context`](crate::with_current_context).
///
/// ```
/// assert!(gusset_trace::current_span_context().is_none());
/// ```
pub fn current_span_context() -> Option<SpanContext> {
    match inner_span(current_bridge()) {
        None => innermost(with_current(|scope| scope.context.span_context.clone())),
        inner => inner,
    }
}

/// Returns the baggage of the call that is being polled on this thread. Empty outside of any call.
///
/// ```
/// assert!(gusset_trace::current_baggage().is_empty());
/// ```
pub fn current_baggage() -> Baggage {
    match current_bridge().and_then(ContextBridge::inner) {
        None => with_current(|scope| scope.context.baggage.clone()),
        Some(inner) => inner.baggage,
    }
}

/// Returns a copy of the current context, with the innermost span. Spans of another API are considered if
/// `bridge` is set, or else if the current call has one.
pub(crate) fn capture(bridge: Option<&'static dyn ContextBridge>) -> CallScope {
    let mut context = with_current(|scope| scope.context.clone());
    let bridge = bridge.or_else(current_bridge);
    let inner = bridge.and_then(ContextBridge::inner);
    let mut active_span = current_recording();
    let mut inner_span = None;
    if let Some(inner) = inner {
        context.baggage = inner.baggage;
        inner_span = inner.span_context;
    }
    context.span_context = match inner_span {
        None => innermost(context.span_context),
        Some(span) => {
            // The call does not decide on spans of another trace.
            active_span = active_span.filter(|_| has_trace(context.span_context.as_ref(), &span));
            Some(span)
        }
    };
    CallScope {
        context,
        active_span,
        request_id: current_request_id(),
        ..CallScope::default()
    }
}

/// Returns the span of another API that is inside of all other spans on this thread.
pub(crate) fn inner_span(bridge: Option<&'static dyn ContextBridge>) -> Option<SpanContext> {
    bridge?.inner()?.span_context
}

/// Returns the current context with these ids, for code inside of a new span.
#[cfg(feature = "subscriber")]
pub(crate) fn context_with(ids: SpanIds, bridge: &'static dyn ContextBridge) -> PropagationContext {
    let mut context = capture(Some(bridge)).context;
    context.span_context = with_span_ids(context.span_context, ids);
    context
}

/// Returns whether the current call is in the trace of a span.
#[cfg(feature = "subscriber")]
pub(crate) fn is_in_trace_of(span: &SpanContext) -> bool {
    with_current(|scope| has_trace(scope.context.span_context.as_ref(), span))
}

fn has_trace(of: Option<&SpanContext>, span: &SpanContext) -> bool {
    of.is_some_and(|of| of.trace_id() == span.trace_id())
}

/// Returns the innermost span: `span`, a span inside of it, or a span outside of any call.
fn innermost(span: Option<SpanContext>) -> Option<SpanContext> {
    match SpanIds::current() {
        Some(ids) => with_span_ids(span, ids),
        None => span,
    }
}

/// Returns a span context with these ids, and with the state of `span` if that is in the same trace.
fn with_span_ids(span: Option<SpanContext>, ids: SpanIds) -> Option<SpanContext> {
    let (trace_id, span_id) = (
        TraceId::from_bytes(ids.trace_id()),
        SpanId::from_bytes(ids.span_id()),
    );
    let (Some(trace_id), Some(span_id)) = (trace_id, span_id) else {
        return span;
    };
    Some(match span {
        Some(span) if span.trace_id() == trace_id => span.with_span_id(span_id),
        _ => {
            let flags = TraceFlags::new().with_sampled(ids.is_sampled());
            SpanContext::new(trace_id, span_id, flags)
        }
    })
}
