//! One span for each call.

mod builder;
mod call;
mod grpc;
mod headers;
mod span;
mod unread;
mod url;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::{CallContext, Observer, SpanIds};
use gusset_data::{SharedStr, SpanData, SpanKind, SpanSink};
use gusset_http::{
    Http, HttpClassifier, KnownMethods, QueryRedaction, RequestHead, RequestId, TrustedProxies,
};

pub use self::builder::TraceBuilder;
pub use self::call::TraceCall;
use self::headers::Headers;
use self::span::Starting;
use self::unread::Unread;
use crate::current;
use crate::exception::{Exceptions, Kind};
use crate::glance::Glance;
use crate::recording::{Fate, Out, Recording, exporting};
use crate::sample::{Decision, Sampler, Sampling};
use crate::{Limits, Propagated, Propagators, SpanId, TraceContext, TraceId, names};

/// The span of each call, by OpenTelemetry's semantic conventions 1.44: an observer.
///
/// A server's span is a child of the one that the request's headers name, a client's of the call
/// under way ([`current`](fn@crate::current)). It is a `tracing` span, entered while the service and its
/// body are polled, and lasts to the end of the call; what is known at its start, stands on it from the
/// start. While it is entered, `current()` is this span, whether anybody subscribes to spans or not.
///
/// Whether it is exported is decided before any of it is put together, by a
/// [`Sampler`]. It goes to the sink that the builder was given, else to the
/// [`SpanLayer`](crate::SpanLayer) of the thread's subscriber (feature `subscriber`), whatever other
/// layers show or filter out.
///
/// No header is on a span, the query only if it is asked for and redacted, a URL without its
/// credentials, and no text is longer than a page.
///
/// Of two layers with clones of one `Trace` round the same call, the outer one makes the span.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClientClassifier};
/// use gusset_trace::Trace;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(Trace::server().build()?);
/// // Spans alone; `ClientLayer` sends their ids too.
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(Trace::client().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Trace {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    side: Side,
    protocol: Protocol,
    propagators: Propagators,
    sampler: Arc<dyn Sampler>,
    /// `None` leaves it to the layer of the thread's subscriber.
    sink: Option<Arc<dyn SpanSink>>,
    limits: Limits,
    exceptions: Exceptions,
    methods: KnownMethods,
    /// What to redact in a query; `None` leaves the query out.
    query: Option<QueryRedaction>,
    user_agent: bool,
    https: bool,
    peer: bool,
    request_headers: Headers,
    response_headers: Headers,
    /// Which proxies in front of the server are trusted.
    proxies: Option<TrustedProxies>,
    unread: Unread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http,
    Grpc,
}

// === impl Trace ===

impl Trace {
    /// Spans of a server, to be configured.
    pub fn server() -> TraceBuilder {
        TraceBuilder::new(Side::Server, Protocol::Http)
    }

    /// Spans of a client, to be configured.
    pub fn client() -> TraceBuilder {
        TraceBuilder::new(Side::Client, Protocol::Http)
    }

    /// Spans of a gRPC server, to be configured: for `ObserveLayer::<Grpc, _>`.
    pub fn grpc_server() -> TraceBuilder {
        TraceBuilder::new(Side::Server, Protocol::Grpc)
    }

    /// Spans of a gRPC client, to be configured: for `ObserveLayer::<Http<GrpcClientClassifier>, _>`.
    pub fn grpc_client() -> TraceBuilder {
        TraceBuilder::new(Side::Client, Protocol::Grpc)
    }

    /// How traces travel.
    pub fn propagators(&self) -> &Propagators {
        &self.shared.propagators
    }

    pub(crate) fn is_client(&self) -> bool {
        self.is(Side::Client, Protocol::Http)
    }

    pub(crate) fn is_grpc_client(&self) -> bool {
        self.is(Side::Client, Protocol::Grpc)
    }

    fn is(&self, side: Side, protocol: Protocol) -> bool {
        (self.shared.side, self.shared.protocol) == (side, protocol)
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for Trace {
    /// `None` for the inner one of two layers that make the same span.
    type Call = Option<TraceCall>;

    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> Self::Call {
        let shared = &*self.shared;
        if shared.side == Side::Server && current::is_of(&self.shared) {
            return None;
        }
        let mut memory = current::fresh();
        let place = Arc::get_mut(&mut memory)?;
        let spare = place.spare.take();
        let mut glance = Glance::default();
        let inside = match shared.side {
            Side::Server => {
                glance = Glance::at(req.headers);
                place.context = shared.receive(req, glance);
                place.request_id = req.extensions.get().cloned();
                None
            }
            Side::Client => {
                *place = current::place();
                place.recording.take()
            }
        };
        let Chosen {
            trace_id,
            is_sampled,
            out,
            decides,
        } = shared.choose(req, place.context.trace.as_ref(), inside, cx);
        let parent = match &mut place.context.trace {
            Some(trace) => Some(trace.step(is_sampled)),
            none => {
                none.insert(TraceContext::first(trace_id)).step(is_sampled);
                None
            }
        };
        let Some(trace) = &place.context.trace else {
            return None;
        };
        let starting = Starting {
            req,
            glance,
            trace,
            parent,
            request_id: place.request_id.as_ref().map(RequestId::as_str),
        };
        let recording = match out {
            None => {
                place.spare = spare;
                None
            }
            Some(out) => {
                let mut recording = spare.unwrap_or_default();
                shared.record(starting, out, Arc::get_mut(&mut recording)?);
                Some(recording)
            }
        };
        let ids = trace.ids();
        // Called once the span is known to be wanted by somebody.
        let announce = || announce(ids, recording.as_ref());
        let span = match (shared.protocol, shared.side) {
            (Protocol::Http, Side::Server) => {
                span::server_span(starting, shared.facts(req, glance), announce)
            }
            (Protocol::Http, Side::Client) => {
                span::client_span(starting, shared.facts(req, glance), announce)
            }
            (Protocol::Grpc, Side::Server) => grpc::server_span(starting, announce),
            (Protocol::Grpc, Side::Client) => grpc::client_span(starting, announce),
        };
        let is_looked_at = !span.is_disabled() || recording.is_some();
        let is_unproven = is_looked_at && self.is(Side::Server, Protocol::Grpc);
        place.recording = recording;
        place.unproven = is_unproven.then(|| grpc::unproven(req));
        place.span = span;
        place.owner = Some(self.shared.clone());
        place.method = shared.methods.index_of(req.method);
        place.decides = decides;
        Some(TraceCall {
            place: Some(memory),
            status: None,
        })
    }
}

/// Tells the layer of the thread's subscriber whose span is about to be made.
#[cfg(feature = "subscriber")]
fn announce(ids: SpanIds, recording: Option<&Arc<Recording>>) {
    crate::subscriber::announce(ids, recording);
}

/// Nobody is there to be told.
#[cfg(not(feature = "subscriber"))]
fn announce(_: SpanIds, _: Option<&Arc<Recording>>) {}

/// What was decided on a call that begins.
struct Chosen {
    trace_id: TraceId,
    is_sampled: bool,
    /// Where it is exported to, if it is recorded.
    out: Option<Out>,
    /// What is kept aside for it is decided at its end.
    decides: bool,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("side", &self.shared.side)
            .field("propagators", &self.shared.propagators)
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// What travelled with a request. A trace that nobody reads is lost, which is said once.
    fn receive<'a>(&self, req: RequestHead<'a>, glance: Glance<'a>) -> Propagated {
        let received = self.propagators.extract_at(req.headers, glance);
        if received.trace.is_none() && self.unread.is_found(req) {
            tracing::warn!(
                target: "gusset::trace",
                "a request belongs to a trace, in a format that `{}` does not choose; such calls begin new traces",
                Propagators::ENV
            );
        }
        received
    }

    /// Decides on a call, before any of it is put together. `inside` is what the call under way, which
    /// a client's is below, records.
    fn choose(
        &self,
        req: RequestHead<'_>,
        parent: Option<&TraceContext>,
        inside: Option<Arc<Recording>>,
        cx: &CallContext,
    ) -> Chosen {
        let trace_id = parent.map_or_else(TraceId::random, TraceContext::trace_id);
        let (is_sampled, fate, decides) = match parent {
            // The decision is that of the call round it.
            Some(parent) if self.side == Side::Client => {
                let fate = inside
                    .as_ref()
                    .and_then(|inside| inside.out()?.fate.clone());
                (parent.flags().is_sampled(), fate, false)
            }
            _ => {
                let mut sampling = Sampling::new(parent, trace_id, cx.started());
                sampling.request = Some(req);
                match self.sampler.sample(&sampling) {
                    Decision::Drop => (false, None, false),
                    Decision::Record(hold) => (false, Some(Arc::new(Fate::new(hold))), true),
                    Decision::Sample => (true, None, false),
                }
            }
        };
        let is_recorded = (is_sampled || fate.is_some()) && !exporting();
        let sink = || inside.and_then(|inside| Some(inside.out()?.sink.clone()));
        let sink = is_recorded
            .then(|| sink().or_else(|| self.sink()))
            .flatten();
        let sink = sink.filter(SpanSink::admit);
        Chosen {
            trace_id,
            is_sampled,
            out: sink.map(|sink| Out { sink, fate }),
            decides,
        }
    }

    fn sink(&self) -> Option<Arc<dyn SpanSink>> {
        #[cfg(feature = "subscriber")]
        return self.sink.clone().or_else(crate::SpanLayer::sink);
        #[cfg(not(feature = "subscriber"))]
        self.sink.clone()
    }

    /// The span to be exported, as it is at its start, put together where it stays.
    fn record(&self, call: Starting<'_>, out: Out, into: &mut Recording) {
        let Starting {
            req,
            glance,
            trace,
            parent,
            request_id,
        } = call;
        let mut on = Vec::with_capacity(16);
        let name = match (self.protocol, self.side) {
            (Protocol::Http, Side::Server) => {
                let facts = self.facts(req, glance);
                facts.of_server(&mut on)
            }
            (Protocol::Http, Side::Client) => {
                let facts = self.facts(req, glance);
                facts.of_client(&mut on)
            }
            (Protocol::Grpc, _) => {
                grpc::start(req, glance, &mut on);
                grpc::name(req)
            }
        };
        span::text(&mut on, names::REQUEST_ID, request_id);
        if !self.request_headers.is_empty() {
            self.request_headers.put(req.headers, &mut on);
        }
        // What others keep in it is theirs, and the caller's word: it travels, and is not told.
        let trace_state = match ours(trace) {
            None => SharedStr::from_static(""),
            Some(ours) => SharedStr::concat(["ot=", ours]),
        };
        let start = SystemTime::now();
        into.begin(
            self.limits,
            out,
            SpanData {
                trace_id: trace.trace_id().to_bytes(),
                span_id: trace.span_id().to_bytes(),
                parent_span_id: parent.map(SpanId::to_bytes),
                parent_is_remote: parent.is_some() && self.side == Side::Server,
                flags: trace.flags().bits(),
                trace_state,
                name,
                kind: match self.side {
                    Side::Server => SpanKind::Server,
                    Side::Client => SpanKind::Client,
                },
                scope: SharedStr::from_static("gusset::trace"),
                start,
                end: start,
                attributes: on,
                dropped_attributes: 0,
                events: Vec::new(),
                dropped_events: 0,
                links: Vec::new(),
                dropped_links: 0,
                status: Default::default(),
            },
        );
    }

    fn route_name(&self) -> &'static str {
        match self.side {
            Side::Server => names::ROUTE,
            Side::Client => names::TEMPLATE,
        }
    }

    fn exception_kind(&self) -> Kind {
        match (self.protocol, self.side) {
            (Protocol::Http, Side::Server) => Kind::HttpServer,
            (Protocol::Http, Side::Client) => Kind::HttpClient,
            (Protocol::Grpc, Side::Server) => Kind::RpcServer,
            (Protocol::Grpc, Side::Client) => Kind::RpcClient,
        }
    }
}

/// What OpenTelemetry keeps in the state of a trace.
fn ours(trace: &TraceContext) -> Option<&str> {
    let state = trace.state();
    (!state.is_empty()).then(|| state.get("ot")).flatten()
}
