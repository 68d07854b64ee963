//! The start of a call that is not a request of HTTP: a message, an operation.

use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::CallContext;
use gusset_propagation::{SpanContext, SpanId};
use tracing::Span;

use super::TraceObserver;
use super::bridged::in_context;
use super::new_span::{NewSpan, exported_state};
use super::sampling::{SamplingResult, advance_to_span};
use crate::active_span::ActiveSpan;
use crate::config::Distrusted;
use crate::context_bridge::Bridged;
use crate::current::CallScope;
use crate::sampler::{FactSource, SpanFacts};

impl TraceObserver {
    /// Starts the spans of a call in a scope that has its context, and completes the scope.
    ///
    /// `outer` is the recorded span that the call is part of, `facts` are those of its exported span, and `create` makes its
    /// `tracing` span from its ids and its parent. Returns `None` if memory is not unique, which does not happen.
    pub(super) fn start_without_request(
        &self,
        scope: &mut CallScope,
        pooled_span: Option<Arc<ActiveSpan>>,
        outer: Option<&ActiveSpan>,
        facts: impl Fn() -> SpanFacts,
        create: impl FnOnce(&SpanContext, Option<SpanId>) -> Span,
        cx: &CallContext,
    ) -> Option<()> {
        let config = &*self.config;
        let bridge = config.bridge();
        let parent = match &config.live {
            None => {
                let distrusted = Distrusted::default();
                let source = FactSource::Function(&facts);
                let SamplingResult {
                    trace_id,
                    is_sampled,
                    output,
                    owns_buffer,
                    additions,
                } = config.sample(None, &scope.context, &distrusted, source, outer, cx);
                scope.owns_buffer = owns_buffer;
                let parent = advance_to_span(
                    &mut scope.context,
                    (trace_id, is_sampled),
                    additions.as_deref(),
                );
                match output {
                    None => scope.pooled_span = pooled_span,
                    Some(output) => {
                        let span_context = scope.context.span_context.as_ref()?;
                        let mut span = pooled_span.unwrap_or_default();
                        let SpanFacts {
                            name,
                            kind,
                            attributes,
                        } = facts();
                        let new = NewSpan {
                            span: span_context,
                            parent,
                            start: SystemTime::now(),
                            name,
                            kind,
                            attributes,
                            links: Vec::new(),
                            trace_state: exported_state(span_context),
                        };
                        config.start_span_with(new, cx, output, Arc::get_mut(&mut span)?);
                        if let Some(additions) = additions {
                            span.set_attributes(additions.attributes);
                        }
                        scope.active_span = Some(span);
                    }
                }
                parent
            }
            Some(tracer) => {
                let context = &mut scope.context;
                let (parent, span) =
                    config.start_live(&**tracer, facts(), None, context, pooled_span, cx);
                scope.active_span = span;
                scope.owns_buffer = false;
                parent
            }
        };
        let span_context = scope.context.span_context.as_ref()?;
        scope.tracing_span = match bridge {
            None => create(span_context, parent),
            Some(bridge) => {
                let bridged = scope
                    .bridged
                    .insert(Bridged::create(bridge, &scope.context));
                in_context(bridged, || create(span_context, parent))
            }
        };
        scope.config = Some(self.config.clone());
        #[cfg(feature = "subscriber")]
        {
            *scope.is_linked.get_mut() = false;
        }
        Some(())
    }
}
