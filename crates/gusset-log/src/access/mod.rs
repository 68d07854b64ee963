//! One line for each call.

mod attributes;
mod builder;
mod call;
mod emit;
mod kept;
mod levels;
mod probe;
mod running;
mod sampling;
mod shown;
mod written;

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Observer};
use gusset_http::{
    Http, HttpClassifier, KnownMethods, PeerAddr, QueryRedaction, RequestBodyProgress, RequestHead,
    RequestId, Route, TrustedProxies, current_request_id,
};
use http::header;

pub use self::builder::AccessLogBuilder;
pub use self::call::AccessCall;
pub(crate) use self::emit::Current;
pub(crate) use self::kept::Kept;
pub use self::levels::Levels;
use self::running::Running;
use self::sampling::Sampler;
pub use self::sampling::Sampling;

/// The line of each call, written when it has ended: an observer.
///
/// A line is a `tracing` event of the target `gusset::access`, with what is known of the call by the
/// names of OpenTelemetry's semantic conventions 1.44 ([`names`](crate::names)): method, route, path,
/// status, outcome, duration, time to the head, bytes, who called. Its level follows from the outcome
/// ([`Levels`]). The ids of the call are current while it is emitted, so that a
/// [`LogLayer`](crate::LogLayer) shows them, whatever the order of the observers.
///
/// No header is shown unless it is asked for, other than `user-agent`; no query unless it is asked for,
/// and then redacted. Calls whose line nobody wants cost a look at a level. What is kept of others until
/// their end takes memory that calls before them have left on the thread.
///
/// Of two layers with clones of one `AccessLog` round the same call, the outer one writes the line.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Grpc, Http, HttpClientClassifier};
/// use gusset_log::AccessLog;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(AccessLog::server().build()?);
/// let client = ObserveLayer::<Http<HttpClientClassifier>, _>::new(AccessLog::client().build()?);
/// let grpc = ObserveLayer::<Grpc, _>::new(AccessLog::grpc_server().build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AccessLog {
    shared: Arc<Shared>,
}

struct Shared {
    side: Side,
    levels: Levels,
    methods: KnownMethods,
    /// Proxies whose word on their callers is taken; without any, the connection's other end called.
    proxies: Option<TrustedProxies>,
    /// What to redact in a query; `None` leaves the query out.
    query: Option<QueryRedaction>,
    user_agent: bool,
    referer: bool,
    sampler: Sampler,
    running: Option<Running>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
    GrpcServer,
    GrpcClient,
}

// === impl AccessLog ===

impl AccessLog {
    /// Lines of a server, to be configured.
    pub fn server() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::Server)
    }

    /// Lines of a client, to be configured.
    pub fn client() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::Client)
    }

    /// Lines of a gRPC server, to be configured: for `ObserveLayer::<Grpc, _>`.
    pub fn grpc_server() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::GrpcServer)
    }

    /// Lines of a gRPC client, to be configured: for `ObserveLayer::<Http<GrpcClientClassifier>, _>`.
    pub fn grpc_client() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::GrpcClient)
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for AccessLog {
    /// `None` for a call whose line nobody wants, or whose line an outer layer writes.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> Self::Call {
        let shared = &*self.shared;
        if !shared.levels.are_wanted() || call::owner() == call::owner_of(&self.shared) {
            return None;
        }
        self.keep(req, cx)
    }
}

impl AccessLog {
    /// Keeps what the line will tell of the request. Texts are shared with the message, not copied.
    ///
    /// Not inlined: calls whose line nobody wants would bear the weight of it.
    #[inline(never)]
    fn keep(&self, req: RequestHead<'_>, cx: &CallContext) -> Option<AccessCall> {
        let mut place = kept::fresh();
        let kept = Arc::get_mut(&mut place)?;
        let shared = &*self.shared;
        let header = |name| req.headers.get(name).cloned();
        let is_server = shared.side.is_server();
        kept.shared = Some(self.shared.clone());
        kept.method = shared.methods.index_of(req.method);
        if kept.method == 0 {
            kept.method_original = Some(req.method.clone());
        }
        kept.uri = Some(req.uri.clone());
        kept.version = req.version;
        kept.route = Route::to_owned(req);
        if shared.user_agent {
            kept.user_agent = header(header::USER_AGENT);
        }
        if shared.referer {
            kept.referer = header(header::REFERER);
        }
        if !is_server && req.uri.authority().is_none() {
            kept.host = header(header::HOST);
        }
        kept.client = match &shared.proxies {
            _ if !is_server => None,
            Some(proxies) => proxies.client(req),
            None => PeerAddr::of(req).map(|peer| peer.ip().to_canonical()),
        };
        kept.request_id = match is_server {
            true => req.extensions.get::<RequestId>().cloned(),
            false => current_request_id(),
        };
        kept.progress = req.extensions.get::<RequestBodyProgress>().cloned();
        if let Some(running) = &shared.running {
            kept.ticket = running.enter(kept, cx.started());
        }
        Some(AccessCall::new(place))
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("side", &self.shared.side)
            .field("levels", &self.shared.levels)
            .finish_non_exhaustive()
    }
}

// === impl Side ===

impl Side {
    fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::GrpcServer)
    }
}
