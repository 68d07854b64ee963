//! Errors of gRPC.

use http::{HeaderMap, HeaderValue};

/// A status other than OK.
#[derive(Clone, Copy, Debug)]
pub(super) struct GrpcError {
    code: u8,
    message: &'static str,
}

// === impl GrpcError ===

impl GrpcError {
    pub(super) const CANCELLED: Self = Self::new(1, "the request body was aborted");
    pub(super) const MALFORMED: Self = Self::new(3, "malformed request");
    pub(super) const UNKNOWN_SERVICE: Self = Self::new(5, "unknown service");
    pub(super) const TOO_LARGE: Self = Self::new(8, "the request is too large");
    pub(super) const UNKNOWN_METHOD: Self = Self::new(12, "unknown method");
    pub(super) const COMPRESSED: Self = Self::new(12, "compressed requests are not supported");
    pub(super) const STOPPING: Self = Self::new(14, "stopping");

    const fn new(code: u8, message: &'static str) -> Self {
        Self { code, message }
    }

    /// Adds the status to headers or trailers.
    pub(super) fn insert_into(self, headers: &mut HeaderMap) {
        let Self { code, message } = self;
        headers.insert("grpc-status", HeaderValue::from(u16::from(code)));
        headers.insert("grpc-message", HeaderValue::from_static(message));
    }
}
