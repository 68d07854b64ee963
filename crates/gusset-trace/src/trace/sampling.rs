//! The sampling of a call, before its span is created.

use std::sync::Arc;

use gusset_core::{CallContext, ExcludedCall};
use gusset_data::SpanSink;
use gusset_http::RequestAttributes;
use gusset_propagation::{PropagationContext, SpanContext, SpanId, TraceId};

use crate::active_span::{ActiveSpan, SpanOutput, TailBuffer, has_capacity, is_exporting};
use crate::config::{Distrusted, TraceConfig};
use crate::sampler::{FactSource, SamplingAdditions, SamplingDecision, SamplingParameters};

pub(super) struct SamplingResult {
    pub(super) trace_id: TraceId,
    pub(super) is_sampled: bool,
    /// `None` if the call is not recorded.
    pub(super) output: Option<SpanOutput>,
    /// Whether the completion of this call decides on its buffered spans.
    pub(super) owns_buffer: bool,
    pub(super) additions: Option<Box<SamplingAdditions>>,
}

/// Makes the span of the call, which is sampled or not, the one of its context. Returns its parent.
#[inline]
pub(super) fn advance_to_span(
    context: &mut PropagationContext,
    (trace_id, is_sampled): (TraceId, bool),
    additions: Option<&SamplingAdditions>,
) -> Option<SpanId> {
    let parent = match &mut context.span_context {
        Some(span) => Some(span.advance_to_child(is_sampled)),
        none => {
            let root = SpanContext::root_with_id(trace_id);
            none.insert(root).advance_to_child(is_sampled);
            None
        }
    };
    if let Some(additions) = additions {
        additions.apply_state(context);
    }
    parent
}

// === impl TraceConfig ===

impl TraceConfig {
    /// Samples a call. What is `distrusted` may be the parent and the id of the trace, which a client may choose so
    /// that it is sampled: the sampler then sees neither. `outer` is the recorded span of the call that a client
    /// call is part of. `source` has the facts of the span.
    pub(super) fn sample(
        &self,
        attributes: Option<RequestAttributes<'_>>,
        context: &PropagationContext,
        distrusted: &Distrusted,
        source: FactSource<'_>,
        outer: Option<&ActiveSpan>,
        cx: &CallContext,
    ) -> SamplingResult {
        let parent = context.span_context.as_ref();
        let trace_id = parent.map_or_else(TraceId::random, SpanContext::trace_id);
        let outer = outer.and_then(ActiveSpan::shared_output);
        let mut additions = None;
        let mut is_unsampled = false;
        let (is_sampled, buffer, owns_buffer) = match parent {
            // A call inside of another one shares its decision.
            Some(parent) if self.kind.is_inside() => {
                let buffer = outer.and_then(|outer| outer.buffer.clone());
                let is_sampled = parent.flags().is_sampled();
                is_unsampled = !is_sampled && buffer.is_none() && outer.is_some();
                (is_sampled, buffer, false)
            }
            // It would be the root of a trace of its own.
            None if self.kind.is_inside() && ExcludedCall::current().is_some() => {
                (false, None, false)
            }
            _ => {
                let (parent, seen_id) = match parent {
                    Some(_) if distrusted.own_sampling => (None, TraceId::random()),
                    parent => (parent, trace_id),
                };
                let mut parameters = SamplingParameters::new(parent, seen_id, cx.started());
                parameters.request = attributes.map(RequestAttributes::head);
                parameters.attributes = attributes;
                parameters.requested = context.sampling_request;
                parameters.link = distrusted.link.as_ref();
                parameters.source = source;
                let panics = &self.sampler_panics;
                let decision = panics.should_sample(&*self.sampler, &parameters);
                let decision = match decision {
                    SamplingDecision::With(_) => {
                        let (decision, added) = decision.split();
                        additions = added;
                        decision
                    }
                    decision => decision,
                };
                match decision {
                    // Additions have been split off.
                    SamplingDecision::Drop | SamplingDecision::With(_) => (false, None, false),
                    SamplingDecision::RecordUnsampled => {
                        is_unsampled = true;
                        (false, None, false)
                    }
                    SamplingDecision::RecordOnly(permit) => {
                        (false, Some(Arc::new(TailBuffer::new(permit))), true)
                    }
                    SamplingDecision::RecordAndSample => (true, None, false),
                }
            }
        };
        let is_recorded = (is_sampled || buffer.is_some() || is_unsampled) && !is_exporting();
        let sink = || match outer {
            Some(outer) => Some(outer.sink.clone()),
            None => self.sink(),
        };
        let sink = is_recorded.then(sink).flatten();
        let sink = sink.filter(|sink| !is_unsampled || sink.takes_unsampled());
        let sink = sink.filter(has_capacity);
        SamplingResult {
            trace_id,
            is_sampled,
            output: sink.map(|sink| SpanOutput {
                sink,
                buffer,
                is_live: false,
            }),
            owns_buffer,
            additions,
        }
    }

    fn sink(&self) -> Option<Arc<dyn SpanSink>> {
        #[cfg(feature = "subscriber")]
        return self.sink.clone().or_else(crate::SpanLayer::current_sink);
        #[cfg(not(feature = "subscriber"))]
        self.sink.clone()
    }
}
