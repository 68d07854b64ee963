//! One span for each call.

mod baggage_fields;
mod bridged;
mod builder;
mod call_state;
mod grpc;
mod http;
mod live;
mod message;
mod new_span;
mod operation;
mod own_fields;
mod sampling;
mod span_name;
mod without_request;

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer, ObserverId};
use gusset_data::SharedStr;
use gusset_http::{Http, HttpClassifier, RequestAttributes, RequestHead, RequestId, RpcMethod};
use gusset_propagation::{HeaderScan, PropagationContext, Propagators, SpanContext, SpanId};
use tracing::Span;

use self::bridged::in_context;
pub use self::builder::TraceObserverBuilder;
pub use self::call_state::TraceCallState;
pub use self::message::MessageTrace;
use self::new_span::span_link;
pub use self::operation::OperationTrace;
use self::sampling::{SamplingResult, advance_to_span};
use crate::call_kind::CallKind;
use crate::config::{Distrusted, TraceConfig};
use crate::context_bridge::Bridged;
use crate::current::{self, CallScope, Entered};
use crate::current_context;
use crate::names;
use crate::sampler::FactSource;

/// An observer that creates one span for each call, by OpenTelemetry's semantic conventions 1.44.
///
/// The span of a server call is a child of the span in the request headers. The span of a client call
/// is a child of the [current span](crate::current_span_context). It ends when the response body has
/// been fully sent or dropped.
///
/// Each call also has a `tracing` span with the same attributes, for other subscribers. It is entered
/// while the service and its body are polled. The current span context is known without a subscriber.
///
/// A [`Sampler`](crate::sampler::Sampler) decides before the span is created whether it is exported. It
/// is exported to the [`sink`](TraceObserverBuilder::sink), or else to the
/// [`SpanLayer`](crate::SpanLayer) of the thread's subscriber (feature `subscriber`). Filters of other
/// layers have no effect.
///
/// No headers are recorded by default, no credentials of URLs, and no query. Long texts are truncated.
///
/// If two layers with clones of one observer are wrapped around the same call, the outer one creates
/// the span.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClientClassifier};
/// use gusset_trace::TraceObserver;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(TraceObserver::server().build()?);
/// // Only creates spans. `ClientLayer` also sends their ids.
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(TraceObserver::client().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TraceObserver {
    config: Arc<TraceConfig>,
}

/// The facts of a call that starts.
#[derive(Clone, Copy)]
struct NewCall<'a> {
    attributes: RequestAttributes<'a>,
    span_context: &'a SpanContext,
    parent: Option<SpanId>,
    request_id: Option<&'a RequestId>,
}

// === impl TraceObserver ===

impl TraceObserver {
    /// Returns a builder for HTTP servers.
    pub fn server() -> TraceObserverBuilder {
        TraceObserverBuilder::new(CallKind::HttpServer)
    }

    /// Returns a builder for HTTP clients.
    pub fn client() -> TraceObserverBuilder {
        TraceObserverBuilder::new(CallKind::HttpClient)
    }

    /// Returns a builder for gRPC servers: for `ObserveLayer::<Grpc, _>`.
    pub fn grpc_server() -> TraceObserverBuilder {
        TraceObserverBuilder::new(CallKind::GrpcServer)
    }

    /// Returns a builder for gRPC clients: for `ObserveLayer::<Http<GrpcClientClassifier>, _>`.
    pub fn grpc_client() -> TraceObserverBuilder {
        TraceObserverBuilder::new(CallKind::GrpcClient)
    }

    /// Returns the propagators of this observer.
    pub fn propagators(&self) -> &Propagators {
        &self.config.propagators
    }

    /// Returns how often the sampler panicked.
    pub fn sampler_panics(&self) -> u64 {
        self.config.sampler_panics.count()
    }

    /// Returns how often the [`sink`](TraceObserverBuilder::sink), or the
    /// [tracer](TraceObserverBuilder::live) in its place, panicked. Each time a span was lost.
    ///
    /// Panics of the sink of a `SpanLayer` are counted there, and those of propagators by
    /// [`Propagators::panics`].
    pub fn sink_panics(&self) -> u64 {
        let panics = self.config.sink_panics.as_ref();
        panics.map_or(0, |panics| panics.count())
    }

    /// Returns how many requests had several `traceparent` headers; see
    /// [`accept_repeated_traceparent`](TraceObserverBuilder::accept_repeated_traceparent).
    pub fn repeated_traceparents(&self) -> u64 {
        self.config.repeated_traceparent.requests()
    }

    pub(crate) fn is_client(&self) -> bool {
        self.config.kind == CallKind::HttpClient
    }

    pub(crate) fn is_grpc_client(&self) -> bool {
        self.config.kind == CallKind::GrpcClient
    }

    /// Starts a call. Returns `None` if its memory is not unique, which does not happen.
    #[inline]
    fn start_call(&self, req: RequestHead<'_>, cx: &mut CallContext) -> Option<Arc<CallScope>> {
        let config = &*self.config;
        let attributes = RequestAttributes::new(req, config.kind.side(), &config.options);
        let mut memory = current::acquire();
        let scope = Arc::get_mut(&mut memory)?;
        let pooled_span = scope.pooled_span.take();
        let bridge = config.bridge();
        let mut distrusted = Distrusted::default();
        let outer = if config.kind.is_client() {
            *scope = current_context::capture(bridge);
            scope.active_span.take()
        } else {
            scope.context = config.extract(req);
            distrusted = config.trust.apply(req, &config.options, &mut scope.context);
            config.set_baggage_fields(req, &scope.context.baggage, cx);
            scope.request_id = attributes.request_id();
            None
        };
        let (parent, active_span, owns_buffer) = match &config.live {
            None => {
                let SamplingResult {
                    trace_id,
                    is_sampled,
                    output,
                    owns_buffer,
                    additions,
                } = config.sample(
                    Some(attributes),
                    &scope.context,
                    &distrusted,
                    FactSource::Request(config),
                    outer.as_deref(),
                    cx,
                );
                let parent = advance_to_span(
                    &mut scope.context,
                    (trace_id, is_sampled),
                    additions.as_deref(),
                );
                let active_span = match output {
                    None => {
                        scope.pooled_span = pooled_span;
                        None
                    }
                    Some(output) => {
                        let mut span = pooled_span.unwrap_or_default();
                        let call = NewCall {
                            attributes,
                            span_context: scope.context.span_context.as_ref()?,
                            parent,
                            request_id: scope.request_id.as_ref(),
                        };
                        let link = distrusted.link.as_ref().map(span_link);
                        config.start_span(call, link, cx, output, Arc::get_mut(&mut span)?);
                        if let Some(additions) = additions {
                            span.set_attributes(additions.attributes);
                        }
                        Some(span)
                    }
                };
                (parent, active_span, owns_buffer)
            }
            Some(tracer) => {
                let request_id = scope.request_id.as_ref();
                let facts = config.facts(attributes, request_id);
                let link = distrusted.link.as_ref().map(span_link);
                let context = &mut scope.context;
                let (parent, active_span) =
                    config.start_live(&**tracer, facts, link, context, pooled_span, cx);
                (parent, active_span, false)
            }
        };
        let call = NewCall {
            attributes,
            span_context: scope.context.span_context.as_ref()?,
            parent,
            request_id: scope.request_id.as_ref(),
        };
        let tracing_span = match bridge {
            None => config.tracing_span(call),
            Some(bridge) => {
                let bridged = scope
                    .bridged
                    .insert(Bridged::create(bridge, &scope.context));
                in_context(bridged, || config.tracing_span(call))
            }
        };
        let is_recorded = !tracing_span.is_disabled() || active_span.is_some();
        let is_unproven = is_recorded
            && config.kind == CallKind::GrpcServer
            && !attributes.rpc_method().is_known();
        scope.active_span = active_span;
        scope.unproven_method = is_unproven.then(|| RpcMethod::start(attributes));
        scope.tracing_span = tracing_span;
        scope.config = Some(self.config.clone());
        scope.method_index = attributes.method_index();
        scope.owns_buffer = owns_buffer;
        #[cfg(feature = "subscriber")]
        {
            *scope.is_linked.get_mut() = false;
        }
        Some(memory)
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for TraceObserver {
    type Call = TraceCallState;

    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> TraceCallState {
        TraceCallState {
            scope: self.start_call(req, cx),
            status: None,
            has_messages: false,
            entered: Entered::default(),
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.config)
    }
}

impl fmt::Debug for TraceObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceObserver")
            .field("kind", &self.config.kind)
            .field("propagators", &self.config.propagators)
            .finish_non_exhaustive()
    }
}

// === impl TraceConfig ===

impl TraceConfig {
    /// Creates the `tracing` span of a call. `MessageTrace` and `OperationTrace` create their own.
    #[inline(always)]
    fn tracing_span(&self, call: NewCall<'_>) -> Span {
        match self.kind {
            CallKind::HttpServer | CallKind::Consumer | CallKind::Operation => {
                http::server_span(call, self)
            }
            CallKind::HttpClient => http::client_span(call, self),
            CallKind::GrpcServer => grpc::server_span(call),
            CallKind::GrpcClient => grpc::client_span(call),
        }
    }

    /// Reads the context of a server request. Warns once of a trace that no propagator reads.
    fn extract(&self, req: RequestHead<'_>) -> PropagationContext {
        let scan = HeaderScan::new(req.headers);
        let context = self.propagators.extract_scanned(req.headers, scan);
        if context.span_context.is_some() {
            return context;
        }
        if scan.has_repeated_traceparent(req.headers) {
            let repeated = &self.repeated_traceparent;
            return repeated
                .extract(req.headers, &self.propagators)
                .unwrap_or(context);
        }
        if self.unread_trace.is_first(req) {
            tracing::warn!(
                target: "gusset::trace",
                "a request has a trace in a format that `{}` does not select, such requests start new \
                 traces; add the format to the variable to continue them",
                Propagators::ENV
            );
        }
        context
    }

    fn route_attribute(&self) -> &'static str {
        if self.kind.is_client() {
            names::URL_TEMPLATE
        } else {
            names::HTTP_ROUTE
        }
    }

    /// Returns the name of a span whose route was matched after its start.
    fn span_name(&self, method_index: usize, route: &str) -> SharedStr {
        span_name::route_texts(self.options.method_name(method_index), route).span_name
    }
}
