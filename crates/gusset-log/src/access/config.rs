use gusset_http::{KnownMethods, QueryRedaction, TrustedProxies};

use super::in_progress::InProgress;
use super::levels::OutcomeLevels;
use super::sampling::Sampler;

/// The configuration and the shared state of an access log.
pub(super) struct AccessLogConfig {
    pub(super) side: Side,
    pub(super) levels: OutcomeLevels,
    pub(super) methods: KnownMethods,
    /// The proxies that may name the client. Without them, the client is the peer of the connection.
    pub(super) proxies: Option<TrustedProxies>,
    /// How queries are redacted; `None` omits them.
    pub(super) query: Option<QueryRedaction>,
    pub(super) user_agent: bool,
    pub(super) referer: bool,
    pub(super) sampler: Sampler,
    pub(super) in_progress: Option<InProgress>,
}

/// The protocol, and the end of the connection that is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
    GrpcServer,
    GrpcClient,
}

// === impl Side ===

impl Side {
    pub(super) fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::GrpcServer)
    }
}
