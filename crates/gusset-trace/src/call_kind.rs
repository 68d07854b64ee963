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
    /// Code, a database or a queue that a call uses. What it is stands in each operation.
    Operation,
}

// === impl CallKind ===

impl CallKind {
    #[inline]
    pub(crate) const fn side(self) -> Side {
        match self {
            Self::HttpServer | Self::GrpcServer | Self::Consumer | Self::Operation => Side::Server,
            Self::HttpClient | Self::GrpcClient => Side::Client,
        }
    }

    #[inline]
    pub(crate) const fn is_client(self) -> bool {
        matches!(self, Self::HttpClient | Self::GrpcClient)
    }

    /// Returns whether the parent is the current span, and not one in the headers of the request.
    #[inline]
    pub(crate) const fn is_inside(self) -> bool {
        self.is_client() || matches!(self, Self::Operation)
    }

    #[inline]
    pub(crate) const fn span_kind(self) -> SpanKind {
        match self {
            Self::HttpServer | Self::GrpcServer => SpanKind::Server,
            Self::HttpClient | Self::GrpcClient => SpanKind::Client,
            Self::Consumer => SpanKind::Consumer,
            Self::Operation => SpanKind::Internal,
        }
    }

    #[inline]
    pub(crate) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }
}
