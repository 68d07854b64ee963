//! The spans of messages.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::{
    CallContext, CallObserver, Classify, ConfigError, End, Env, MessageOptions, Observer,
    ObserverId, RequestResponse, SpanIds,
};
use gusset_data::{Attribute, SharedStr};
use gusset_propagation::{HEADERS, PropagationContext, Propagator as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::field::{self, Empty};
use tracing::{Level, span};

use super::bridged::in_context;
use super::http::push_text;
use super::new_span::{NewSpan, exported_state, push_request_id};
use super::sampling::{SamplingResult, advance_to_span};
use super::{TraceCallState, TraceObserver, TraceObserverBuilder};
use crate::call_kind::CallKind;
use crate::config::{Distrusted, TraceConfig, TraceTrust};
use crate::context_bridge::Bridged;
use crate::current::{self, CallScope, Entered};
use crate::names;
use crate::sampler::{FactSource, SpanFacts};

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
        let parent = match &config.live {
            None => {
                let distrusted = Distrusted::default();
                let facts = || SpanFacts {
                    name: name.clone(),
                    kind: config.kind.span_kind(),
                    attributes: self.attributes(config, destination),
                };
                let source = FactSource::Function(&facts);
                let SamplingResult {
                    trace_id,
                    is_sampled,
                    output,
                    owns_buffer,
                    additions,
                } = config.sample(None, &scope.context, &distrusted, source, None, cx);
                scope.owns_buffer = owns_buffer;
                let parent = advance_to_span(
                    &mut scope.context,
                    (trace_id, is_sampled),
                    additions.as_deref(),
                );
                let span_context = scope.context.span_context.as_ref()?;
                scope.active_span = match output {
                    None => {
                        scope.pooled_span = pooled_span;
                        None
                    }
                    Some(output) => {
                        let mut span = pooled_span.unwrap_or_default();
                        let new = NewSpan {
                            span: span_context,
                            parent,
                            start: SystemTime::now(),
                            name: name.clone(),
                            kind: config.kind.span_kind(),
                            attributes: self.attributes(config, destination),
                            links: Vec::new(),
                            trace_state: exported_state(span_context),
                        };
                        let unique = Arc::get_mut(&mut span)?;
                        config.start_span_with(new, cx, output, unique);
                        if let Some(additions) = additions {
                            span.set_attributes(additions.attributes);
                        }
                        Some(span)
                    }
                };
                parent
            }
            Some(tracer) => {
                let facts = SpanFacts {
                    name: name.clone(),
                    kind: config.kind.span_kind(),
                    attributes: self.attributes(config, destination),
                };
                let context = &mut scope.context;
                let (parent, span) =
                    config.start_live(&**tracer, facts, None, context, pooled_span, cx);
                scope.active_span = span;
                scope.owns_buffer = false;
                parent
            }
        };
        let span_context = scope.context.span_context.as_ref()?;
        let create = || {
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
        scope.tracing_span = match config.context_bridge {
            None => create(),
            Some(bridge) => {
                let bridged = scope
                    .bridged
                    .insert(Bridged::create(bridge, &scope.context));
                in_context(bridged, create)
            }
        };
        scope.config = Some(self.trace.config.clone());
        #[cfg(feature = "subscriber")]
        {
            *scope.is_linked.get_mut() = false;
        }
        Some(memory)
    }

    /// Reads the context of a message. Invalid headers are ignored.
    fn extract(&self, message: &M) -> PropagationContext {
        let mut headers = HeaderMap::new();
        if self.options.has_headers() {
            for name in HEADERS {
                let value = self.options.header(message, name);
                if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        match headers.is_empty() {
            true => PropagationContext::default(),
            false => self.trace.config.propagators.extract(&headers),
        }
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
