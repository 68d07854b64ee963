//! One line for each call.

mod builder;
mod call;
mod emit;
mod levels;
mod probe;
mod running;
mod sampling;
mod shown;
mod written;

use std::fmt;
use std::sync::Arc;

use gusset_core::{Cx, Observer};
use gusset_http::{
    Http, KnownMethods, PeerAddr, QueryRedaction, RequestHead, RequestId, RequestProgress, Route,
    Rules, TrustedProxies, current_request_id,
};
use http::header;

pub use self::builder::AccessLogBuilder;
pub use self::call::AccessCall;
use self::call::Ending;
pub(crate) use self::call::Kept;
pub(crate) use self::emit::Current;
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
/// their end takes one allocation.
///
/// Of two layers with clones of one `AccessLog` round the same call, the outer one writes the line.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Grpc, Http, HttpClient};
/// use gusset_log::AccessLog;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let server = ObserveLayer::<Http, _>::new(AccessLog::server().build()?);
/// let client = ObserveLayer::<Http<HttpClient>, _>::new(AccessLog::client().build()?);
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

    /// Lines of a gRPC client, to be configured: for `ObserveLayer::<Http<GrpcClient>, _>`.
    pub fn grpc_client() -> AccessLogBuilder {
        AccessLogBuilder::new(Side::GrpcClient)
    }
}

impl<R: Rules> Observer<Http<R>> for AccessLog {
    /// `None` for a call whose line nobody wants, or whose line an outer layer writes.
    type Call = Option<AccessCall>;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut Cx) -> Self::Call {
        let shared = &*self.shared;
        if !shared.levels.are_wanted() || call::owner() == call::owner_of(&self.shared) {
            return None;
        }
        let mut kept = self.kept(req);
        if let Some(running) = &shared.running {
            let ticket = running.enter(&kept, cx.started());
            if let Some(kept) = Arc::get_mut(&mut kept) {
                kept.ticket = ticket;
            }
        }
        Some(AccessCall::new(kept))
    }
}

impl AccessLog {
    /// What the line will tell of the request. Texts are shared with the message, not copied.
    #[inline]
    fn kept(&self, req: RequestHead<'_>) -> Arc<Kept> {
        let shared = &*self.shared;
        let header = |is_wanted: bool, name| match is_wanted {
            true => req.headers.get(name).cloned(),
            false => None,
        };
        let method = shared.methods.index_of(req.method);
        let is_server = shared.side.is_server();
        Arc::new(Kept {
            shared: self.shared.clone(),
            method,
            method_original: (method == 0).then(|| req.method.clone()),
            uri: req.uri.clone(),
            version: req.version,
            route: Route::kept(req),
            user_agent: header(shared.user_agent, header::USER_AGENT),
            referer: header(shared.referer, header::REFERER),
            host: match is_server {
                false if req.uri.authority().is_none() => req.headers.get(header::HOST).cloned(),
                _ => None,
            },
            client: match &shared.proxies {
                _ if !is_server => None,
                Some(proxies) => proxies.client(req),
                None => PeerAddr::of(req).map(|peer| peer.ip().to_canonical()),
            },
            request_id: match is_server {
                true => req.extensions.get::<RequestId>().cloned(),
                false => current_request_id(),
            },
            progress: req.extensions.get::<RequestProgress>().cloned(),
            status: None,
            ticket: None,
            end: Ending::UNKNOWN,
        })
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
