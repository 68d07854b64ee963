//! The start of a span in another tracer.

use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::{CallContext, ExcludedCall};
use gusset_data::{SharedStr, SpanLink};
use gusset_propagation::{PropagationContext, SpanContext, SpanId, TraceId};

use super::TraceObserverBuilder;
use super::new_span::NewSpan;
use crate::active_span::{ActiveSpan, SpanOutput, is_exporting};
use crate::config::TraceConfig;
use crate::live::{self, SpanStart, SpanStarter, StartSpan};
use crate::sampler::SpanFacts;

// === impl TraceObserverBuilder ===

impl TraceObserverBuilder {
    /// Starts the spans in another tracer when the calls begin. Not set by default.
    ///
    /// The tracer's ids and sampling decision are those of the call: they are propagated and logged. The
    /// [`sampler`](Self::sampler) and the [`sink`](Self::sink) are not used. Each span costs what the tracer
    /// costs, and two allocations. `gusset_opentelemetry::LiveSpans` adapts the tracers of OpenTelemetry.
    ///
    /// ```
    /// use gusset_trace::TraceObserver;
    /// use gusset_trace::live::SpanStarter;
    ///
    /// # fn main() {}
    /// fn traced(tracer: impl SpanStarter) -> Result<TraceObserver, gusset_trace::ConfigError> {
    ///     TraceObserver::server().live(tracer).build()
    /// }
    /// ```
    pub fn live(mut self, tracer: impl SpanStarter) -> Self {
        self.live = Some(live::contain(tracer));
        self
    }
}

// === impl TraceConfig ===

impl TraceConfig {
    /// Starts the span of a call in a tracer, and makes it the span of `context`. Returns its parent, and the
    /// span if it is recorded.
    pub(super) fn start_live(
        &self,
        tracer: &dyn StartSpan,
        facts: SpanFacts,
        link: Option<SpanLink>,
        context: &mut PropagationContext,
        memory: Option<Arc<ActiveSpan>>,
        cx: &CallContext,
    ) -> (Option<SpanId>, Option<Arc<ActiveSpan>>) {
        let SpanFacts {
            name,
            kind,
            attributes,
        } = facts;
        let is_inside = self.kind.is_inside();
        let parent = context.span_context.as_ref().map(SpanContext::span_id);
        // It would be the root of a trace of its own.
        let is_excluded = is_inside && parent.is_none() && ExcludedCall::current().is_some();
        let parent_is_remote = parent.is_some() && !is_inside;
        let start = SystemTime::now();
        let links: Vec<SpanLink> = link.into_iter().collect();
        let facts = SpanStart {
            context,
            parent_is_remote,
            name: &name,
            kind,
            start,
            attributes: &attributes,
            links: &links,
        };
        let started = (!is_excluded && !is_exporting())
            .then(|| tracer.start(&facts))
            .flatten();
        let Some(started) = started else {
            // The call has ids all the same, for its log entries and its clients.
            let span = &mut context.span_context;
            span.get_or_insert_with(|| SpanContext::root_with_id(TraceId::random()))
                .advance_to_child(false);
            return (parent, None);
        };
        let span_context = context.span_context.insert(started.context);
        let Some(span) = started.span else {
            return (parent, None);
        };
        let mut memory = memory.unwrap_or_default();
        let Some(active_span) = Arc::get_mut(&mut memory) else {
            return (parent, None);
        };
        let new = NewSpan {
            span: span_context,
            parent,
            start,
            name,
            kind,
            attributes,
            links,
            // The spans inside have the whole state as their parent has.
            trace_state: SharedStr::new(span_context.state().as_str()),
        };
        self.start_span_with(new, cx, SpanOutput::live(span), active_span);
        (parent, Some(memory))
    }
}
