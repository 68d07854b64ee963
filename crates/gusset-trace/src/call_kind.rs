//! The kinds of requests that are traced.

use gusset_data::SpanKind;
use gusset_http::Side;

/// The protocol of a request and the side of it that is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    HttpServer,
    HttpClient,
    GrpcServer,
    GrpcClient,
    Consumer,
}

// === impl CallKind ===

impl CallKind {
    #[inline]
    pub(crate) const fn side(self) -> Side {
        match self {
            Self::HttpServer | Self::GrpcServer | Self::Consumer => Side::Server,
            Self::HttpClient | Self::GrpcClient => Side::Client,
        }
    }

    #[inline]
    pub(crate) const fn is_client(self) -> bool {
        matches!(self, Self::HttpClient | Self::GrpcClient)
    }

    #[inline]
    pub(crate) const fn span_kind(self) -> SpanKind {
        match self {
            Self::HttpServer | Self::GrpcServer => SpanKind::Server,
            Self::HttpClient | Self::GrpcClient => SpanKind::Client,
            Self::Consumer => SpanKind::Consumer,
        }
    }

    #[inline]
    pub(crate) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }
}
