//! The bridge between the contexts of calls and OpenTelemetry's.

use std::sync::Arc;

use gusset_propagation::PropagationContext;
use gusset_trace::{AttachToken, BridgedContext, ContextBridge};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceContextExt as _;

use super::attached::{self, ContextKey};
use crate::propagation::{received, with_context};

/// Makes the span of a call the current one of OpenTelemetry, and OpenTelemetry's current span the parent of
/// a client's call.
///
/// Everywhere inside of a call, in each poll of the handler and of the response body,
/// `opentelemetry::Context::current()` has the call's span and its baggage. After the poll it has not. So spans of
/// libraries that use `opentelemetry::global::tracer` are children of the call. A client's call inside of such a
/// span is its child, and sends its trace state and the baggage of the context.
///
/// Set it on the observers of servers, clients and consumers, and on the `SpanLayer`. The order of layers does not
/// matter. It reads and sets nothing outside of calls.
///
/// - A task keeps the context with `gusset_trace::with_current_context`, and with OpenTelemetry's own
///   `FutureExt::with_current_context`. The latter keeps neither the request id nor the decision of a `TailSampler`.
/// - Values that other code has put into the context where a call starts are kept.
/// - Log entries of `gusset-log` in a span of OpenTelemetry have the ids of the call around it.
///
/// Costs one context for each call, and a clone of it for each poll.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_opentelemetry::OpenTelemetryContext;
/// use gusset_trace::{ClientLayer, TraceObserver};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let server = TraceObserver::server().context_bridge(&OpenTelemetryContext).build()?;
/// let server = ObserveLayer::<Http, _>::new(server);
/// let client = TraceObserver::client().context_bridge(&OpenTelemetryContext).build()?;
/// let client = ClientLayer::new(client)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it has no state, and is named as a value"
)]
pub struct OpenTelemetryContext;

struct SpanContextOfCall {
    context: Context,
    key: ContextKey,
}

// === impl OpenTelemetryContext ===

impl ContextBridge for OpenTelemetryContext {
    fn create(&self, context: &PropagationContext) -> Arc<dyn BridgedContext> {
        let context = match attached::is_usable() {
            true => Context::map_current(|cx| with_context(cx, context.clone(), false)),
            false => Context::new(),
        };
        Arc::new(SpanContextOfCall {
            key: ContextKey::new(&context),
            context,
        })
    }

    fn inner(&self) -> Option<PropagationContext> {
        if !attached::is_usable() {
            return None;
        }
        let attached = attached::innermost();
        Context::map_current(|cx| {
            let span = cx.span();
            let span = span.span_context();
            let is_inner = span.is_valid()
                && attached.is_none_or(|outer| {
                    // Neither of the two is exported, unless a sampler decides for the call at its end.
                    let is_lost =
                        outer.is_in_trace_of(span) && !outer.is_sampled && !span.is_sampled();
                    !outer.is_of_span(span) && !is_lost
                });
            let has_same_baggage = match attached {
                Some(outer) => outer.has_baggage_of(cx),
                None => cx.baggage().is_empty(),
            };
            if !is_inner && has_same_baggage {
                return None;
            }
            let mut inner = received(cx);
            if !is_inner {
                inner.span_context = None;
            }
            Some(inner)
        })
    }
}

// === impl SpanContextOfCall ===

impl BridgedContext for SpanContextOfCall {
    #[inline]
    fn attach(&self) -> AttachToken {
        attached::attach(&self.context, self.key)
    }

    #[inline]
    fn detach(&self, token: AttachToken) {
        attached::detach(token);
    }
}
