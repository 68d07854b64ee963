use std::sync::Arc;

use gusset_data::Redaction;
use gusset_http::{RequestOptions, Side};

use super::in_progress::InProgress;
use super::levels::OutcomeLevels;
use super::sampling::Sampler;

pub(super) struct AccessLogConfig {
    pub(super) kind: CallKind,
    /// The system and the operation of a consumer of messages.
    pub(super) messaging: Option<[Box<str>; 2]>,
    pub(super) options: Arc<RequestOptions>,
    pub(super) levels: OutcomeLevels,
    pub(super) referer: bool,
    /// What is redacted in the texts of errors, for subscribers that redact nothing.
    pub(super) redaction: Redaction,
    pub(super) sampler: Sampler,
    pub(super) in_progress: Option<InProgress>,
}

/// The protocol, and the side of the request that is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    HttpServer,
    HttpClient,
    GrpcServer,
    GrpcClient,
    Consumer,
    Operation,
}

// === impl CallKind ===

impl CallKind {
    #[inline]
    pub(super) const fn side(self) -> Side {
        match self {
            Self::HttpServer | Self::GrpcServer | Self::Consumer | Self::Operation => Side::Server,
            Self::HttpClient | Self::GrpcClient => Side::Client,
        }
    }

    #[inline]
    pub(super) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }
}
