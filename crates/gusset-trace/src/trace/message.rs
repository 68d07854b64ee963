//! The spans of messages.

use std::fmt;
use std::sync::Arc;

use gusset_core::{
    CallContext, CallObserver, Classify, ConfigError, End, Env, MessageOptions, Observer,
    ObserverId, RequestResponse, SpanIds,
};
use gusset_data::{Attribute, SharedStr};
use gusset_propagation::{PropagationContext, SpanContext, SpanId};
use tracing::field::{self, Empty};
use tracing::{Level, span};

use super::http::push_text;
use super::new_span::push_request_id;
use super::{TraceCallState, TraceObserver, TraceObserverBuilder};
use crate::call_kind::CallKind;
use crate::config::{TraceConfig, TraceTrust};
use crate::current::{self, CallScope, Entered};
use crate::message_headers::extract_by_name;
use crate::names;
use crate::sampler::SpanFacts;

/// An observer that creates one span for each message of type `M`, by OpenTelemetry's semantic conventions 1.44:
/// of kind `consumer`, with the name `{operation} {destination}`.
///
/// Its parent is the span in the headers of the message ([`MessageOptions::with_headers`]). What a
/// [`TraceObserver`] of a server does for a request, it does for a message. Members of the baggage become own
/// fields with [`TraceTrust::Continue`] only, because the sender of a message is not known.
///
/// ```
/// use std::collections::HashMap;
///
/// use gusset_core::{Env, MessageOptions, ObserveLayer, RequestResponse};
/// use gusset_trace::TraceObserver;
///
/// struct Order { headers: HashMap<String, String> }
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let options = MessageOptions::new("rabbitmq")
///     .with_destination(|_: &Order| Some("orders"))
///     .with_headers(|order: &Order| &order.headers);
/// let trace = TraceObserver::server().build_consumer(options, Env::process())?;
/// let layer = ObserveLayer::<RequestResponse<Order, ()>, _>::new(trace);
/// # Ok(())
/// # }
/// ```
pub struct MessageTrace<M> {
    trace: TraceObserver,
    options: MessageOptions<M>,
}

// === impl TraceObserverBuilder ===

impl TraceObserverBuilder {
    /// Builds the observer of a consumer of messages, with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_consumer<M>(
        mut self,
        options: MessageOptions<M>,
        env: Env<'_>,
    ) -> Result<MessageTrace<M>, ConfigError> {
        self.kind = CallKind::Consumer;
        let trace = self.build_in(env)?;
        Ok(MessageTrace { trace, options })
    }
}

// === impl MessageTrace ===

impl<M> MessageTrace<M> {
    fn start_call(&self, message: &M, cx: &mut CallContext) -> Option<Arc<CallScope>> {
        let config = &*self.trace.config;
        let mut memory = current::acquire();
        let scope = Arc::get_mut(&mut memory)?;
        let pooled_span = scope.pooled_span.take();
        scope.context = self.extract(message);
        if config.trust == TraceTrust::Continue {
            config.set_trusted_fields(&scope.context.baggage, cx);
        }
        let destination = self.options.destination(message);
        let name = self.span_name(destination);
        let facts = || SpanFacts {
            name: name.clone(),
            kind: config.kind.span_kind(),
            attributes: self.attributes(config, destination),
        };
        let create = |span_context: &SpanContext, parent: Option<SpanId>| {
            span!(
                target: "gusset::trace",
                Level::INFO,
                "messaging.process",
                { names::OTEL_NAME } = &*name,
                { names::OTEL_KIND } = "consumer",
                { names::OTEL_STATUS_CODE } = Empty,
                { names::OTEL_STATUS_DESCRIPTION } = Empty,
                { names::TRACE_ID } = %span_context.trace_id(),
                { names::SPAN_ID } = %span_context.span_id(),
                { names::TRACE_FLAGS } = %format_args!("{:02x}", span_context.flags().bits()),
                { names::PARENT_SPAN_ID } = parent.map(field::display),
                { names::MESSAGING_SYSTEM } = self.options.system(),
                { names::MESSAGING_OPERATION_NAME } = self.options.operation(),
                { names::MESSAGING_DESTINATION_NAME } = destination,
                { names::ERROR_TYPE } = Empty,
                { names::EXCEPTION_MESSAGE } = Empty,
                { names::GUSSET_OUTCOME } = Empty,
                { names::USER_ID } = Empty,
                { names::ENDUSER_ID } = Empty,
                { names::TENANT } = Empty,
                { names::TENANT_ID } = Empty,
            )
        };
        self.trace
            .start_without_request(scope, pooled_span, None, facts, create, cx)?;
        Some(memory)
    }

    /// Reads the context of a message. Invalid headers are ignored.
    fn extract(&self, message: &M) -> PropagationContext {
        if !self.options.has_headers() {
            return PropagationContext::default();
        }
        let header = |name: &str| self.options.header(message, name);
        extract_by_name(&self.trace.config.propagators, header)
    }

    fn span_name(&self, destination: Option<&str>) -> SharedStr {
        match destination {
            Some(destination) => SharedStr::concat([self.options.operation(), " ", destination]),
            None => SharedStr::new(self.options.operation()),
        }
    }

    fn attributes(&self, config: &TraceConfig, destination: Option<&str>) -> Vec<Attribute> {
        let mut attributes = Vec::with_capacity(8);
        let options = &self.options;
        let operation = Some(options.operation());
        push_text(
            &mut attributes,
            names::MESSAGING_SYSTEM,
            Some(options.system()),
        );
        push_text(&mut attributes, names::MESSAGING_OPERATION_NAME, operation);
        push_text(
            &mut attributes,
            names::MESSAGING_OPERATION_TYPE,
            Some("process"),
        );
        let destination = destination.map(|name| config.redaction.redact(name));
        let destination = destination.as_deref();
        push_text(
            &mut attributes,
            names::MESSAGING_DESTINATION_NAME,
            destination,
        );
        let request_id = gusset_http::current_request_id();
        push_request_id(&mut attributes, request_id.as_ref());
        attributes
    }
}

impl<M, Res, R> Observer<RequestResponse<M, Res, R>> for MessageTrace<M>
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    type Call = TraceCallState;

    fn start(&self, message: &M, cx: &mut CallContext) -> TraceCallState {
        TraceCallState {
            scope: self.start_call(message, cx),
            status: None,
            has_messages: false,
            entered: Entered::default(),
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.trace.config)
    }
}

impl<M, Res, R> CallObserver<RequestResponse<M, Res, R>> for TraceCallState
where
    M: 'static,
    Res: 'static,
    R: Classify<RequestResponse<M, Res, R>>,
{
    #[inline]
    fn enter(&mut self) {
        self.entered = current::enter(&mut self.scope);
    }

    #[inline]
    fn exit(&mut self) {
        current::exit(&mut self.scope, self.entered);
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        self.scope.as_ref()?.span_ids()
    }

    fn on_end(self, end: End<'_, RequestResponse<M, Res, R>>, cx: &CallContext) {
        self.complete(end, None, cx);
    }
}

impl<M> Clone for MessageTrace<M> {
    fn clone(&self) -> Self {
        Self {
            trace: self.trace.clone(),
            options: self.options.clone(),
        }
    }
}

impl<M> fmt::Debug for MessageTrace<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageTrace")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
