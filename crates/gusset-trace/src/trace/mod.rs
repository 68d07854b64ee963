//! One span for each call.

mod builder;
mod call;
mod grpc;
mod span;
mod url;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_core::{Cx, Observer};
use gusset_http::{
    Http, KnownMethods, QueryRedaction, RequestHead, RequestId, Rules, TrustedProxies,
    current_request_id,
};

pub use self::builder::TraceBuilder;
pub use self::call::TraceCall;
use self::span::Starting;
use crate::current::{self, Place};
use crate::propagate::{self, Propagator as _};
use crate::{Propagated, Propagators, TraceContext};

/// The span of each call, by OpenTelemetry's semantic conventions 1.44: an observer.
///
/// A server's span is a child of the one that the request's headers name, a client's of the call
/// under way ([`current`](fn@crate::current)). It is a `tracing` span, entered while the service and its
/// body are polled, and lasts to the end of the call; what is known at its start, stands on it from the
/// start. While it is entered, `current()` is this span, whether anybody subscribes to spans or not.
///
/// No header is on a span, the query only if it is asked for and redacted, a URL without its
/// credentials, and no text is longer than a page.
///
/// Of two layers with clones of one `Trace` round the same call, the outer one makes the span.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClient};
/// use gusset_trace::Trace;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(Trace::server().build()?);
/// // Spans alone; `ClientLayer` sends their ids too.
/// let client = ObserveLayer::<Http<HttpClient>, _>::new(Trace::client().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Trace {
    shared: Arc<Shared>,
}

struct Shared {
    side: Side,
    protocol: Protocol,
    propagators: Propagators,
    methods: KnownMethods,
    /// What to redact in a query; `None` leaves the query out.
    query: Option<QueryRedaction>,
    user_agent: bool,
    https: bool,
    /// Which proxies in front of the server are trusted.
    proxies: Option<TrustedProxies>,
    /// A trace was received in a format that nobody reads, and that was said.
    unread: AtomicBool,
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

    /// Spans of a gRPC client, to be configured: for `ObserveLayer::<Http<GrpcClient>, _>`.
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

impl<R: Rules> Observer<Http<R>> for Trace {
    /// `None` for the inner one of two layers that make the same span.
    type Call = Option<TraceCall>;

    fn start(&self, req: RequestHead<'_>, _: &mut Cx) -> Self::Call {
        let shared = &*self.shared;
        let owner = Arc::as_ptr(&self.shared).cast::<u8>() as usize;
        let mut place = match shared.side {
            Side::Server if current::owner() == owner => return None,
            Side::Server => Place {
                context: shared.receive(req),
                owner,
            },
            Side::Client => Place {
                owner,
                ..current::place()
            },
        };
        let request_id = match shared.side {
            Side::Server => req.extensions.get().cloned(),
            Side::Client => current_request_id(),
        };
        let parent = place.context.trace.take();
        let parent_id = parent.as_ref().map(TraceContext::span_id);
        let trace = parent.map_or_else(TraceContext::root, TraceContext::into_child);
        let starting = Starting {
            req,
            trace: &trace,
            parent: parent_id,
            request_id: request_id.as_ref().map(RequestId::as_str),
        };
        let span = match (shared.protocol, shared.side) {
            (Protocol::Http, Side::Server) => shared.server_span(starting),
            (Protocol::Http, Side::Client) => shared.client_span(starting),
            (Protocol::Grpc, Side::Server) => grpc::server_span(starting),
            (Protocol::Grpc, Side::Client) => grpc::client_span(starting),
        };
        let is_unproven = self.is(Side::Server, Protocol::Grpc) && !span.is_disabled();
        place.context.trace = Some(trace);
        Some(TraceCall {
            span,
            place,
            request_id,
            shared: self.shared.clone(),
            method: shared.methods.index_of(req.method),
            unproven: is_unproven.then(|| grpc::unproven(req)),
        })
    }
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
    fn receive(&self, req: RequestHead<'_>) -> Propagated {
        let received = self.propagators.extract(req.headers);
        if received.trace.is_none()
            && !self.unread.load(Ordering::Relaxed)
            && propagate::in_any_format(req.headers)
            && !self.unread.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                target: "gusset::trace",
                "a request belongs to a trace, in a format that `{}` does not choose; such calls begin new traces",
                Propagators::ENV
            );
        }
        received
    }
}
