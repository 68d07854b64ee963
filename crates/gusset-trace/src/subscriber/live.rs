//! Starts `tracing` spans in another tracer.

use std::sync::Once;

use gusset_core::SpanIds;
use gusset_data::{SpanData, SpanSink};
use gusset_propagation::{
    PropagationContext, SpanContext, SpanId, TraceFlags, TraceId, TraceState,
};
use http::HeaderValue;
use tracing::span::Attributes;

use super::SpanLayer;
use super::span_record::{ParentSpan, SpanRecord};
use crate::active_span::{ActiveSpan, SpanOutput};
use crate::current_context;
use crate::live::{SpanStart, StartSpan};

/// The sink of a layer that has a tracer. Only calls find it, of observers without a tracer.
#[derive(Debug)]
pub(super) struct NoSink {
    warning: Once,
}

// === impl NoSink ===

impl Default for NoSink {
    fn default() -> Self {
        Self {
            warning: Once::new(),
        }
    }
}

impl SpanSink for NoSink {
    fn export(&self, _: SpanData) {}

    fn has_capacity(&self) -> bool {
        self.warning.call_once(|| {
            tracing::warn!(
                target: "gusset::trace",
                "an observer has neither a tracer nor a sink, and its calls have no spans; the `SpanLayer` \
                 is `live`, so set `live` on the observer too"
            );
        });
        false
    }
}

// === impl SpanLayer ===

impl SpanLayer {
    /// Starts a span in a tracer. Returns `None` if neither the span nor its parent has ids.
    pub(super) fn start_live(
        &self,
        tracer: &dyn StartSpan,
        parent: ParentSpan,
        attributes: &Attributes<'_>,
    ) -> Option<SpanRecord> {
        let (ids, call) = match parent {
            ParentSpan::Unrecorded => return None,
            ParentSpan::Recorded { ids, call } => (Some(ids), call),
            ParentSpan::None => (None, None),
        };
        let mut span = self.open_span(attributes);
        span.data.parent_span_id = ids.map(SpanIds::span_id);
        let mut context = PropagationContext::default();
        context.span_context = ids.and_then(|ids| parent_context(ids, call.as_deref()));
        context.baggage = current_context::current_baggage();
        let started = tracer.start(&SpanStart {
            context: &context,
            parent_is_remote: false,
            name: &span.data.name,
            kind: span.data.kind,
            start: span.data.start,
            attributes: &span.data.attributes,
            links: &[],
        })?;
        let ids = started.context.span_ids();
        let span = started.span.map(|live| {
            span.data.trace_id = ids.trace_id();
            span.data.span_id = ids.span_id();
            span.data.flags = ids.flags();
            span.live = Some(SpanOutput::live(live));
            span
        });
        // Children of a span that is not recorded are not recorded either.
        span.map(|span| SpanRecord::new(ids, call, Some(span)))
    }
}

/// Returns the context of a parent, with the trace state of its call.
fn parent_context(ids: SpanIds, call: Option<&ActiveSpan>) -> Option<SpanContext> {
    let trace_id = TraceId::from_bytes(ids.trace_id())?;
    let span_id = SpanId::from_bytes(ids.span_id())?;
    let context = SpanContext::new(trace_id, span_id, TraceFlags::from_bits(ids.flags()));
    let state = call.and_then(|call| HeaderValue::from_str(&call.trace_state).ok());
    let state = state.iter().filter(|value| !value.is_empty());
    Some(context.with_state(TraceState::from_header_values(state)))
}
