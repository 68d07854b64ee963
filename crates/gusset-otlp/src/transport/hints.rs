//! Hints at a wrong port or protocol, as suffixes of error messages.

use std::error::Error;

use super::ExportError;
use crate::OtlpProtocol;

pub(super) const GRPC_PORT: &str = "; this looks like a gRPC port, set OTEL_EXPORTER_OTLP_PROTOCOL to \
                                    `grpc` or use the HTTP port, 4318 by default";
#[cfg(feature = "grpc")]
pub(super) const HTTP_PORT: &str = "; this looks like an HTTP port, set OTEL_EXPORTER_OTLP_PROTOCOL to \
                                    `http/protobuf` or use the gRPC port, 4317 by default";
const NOT_HTTP: &str = "; this looks like a gRPC port or one that requires `https`, check the endpoint \
                        and OTEL_EXPORTER_OTLP_PROTOCOL";
#[cfg(feature = "grpc")]
const NOT_GRPC: &str = "; this looks like an HTTP port or one that requires `https`, check the endpoint \
                        and OTEL_EXPORTER_OTLP_PROTOCOL";
const NOT_TLS: &str = "; this looks like a port without TLS, use `http` in the endpoint";

/// What is known about a connection that failed.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) protocol: OtlpProtocol,
    pub(super) port: u16,
    /// Whether the receiver has responded to an earlier request.
    pub(super) has_responded: bool,
}

/// Adds a hint to the error of a connection if it looks like a wrong port or protocol.
pub(super) fn explain(
    mut error: ExportError,
    source: &(dyn Error + 'static),
    attempt: Attempt,
) -> ExportError {
    if let Some(hint) = hint(&error, source, attempt) {
        error.message.push_str(hint);
    }
    error
}

fn hint(
    error: &ExportError,
    source: &(dyn Error + 'static),
    attempt: Attempt,
) -> Option<&'static str> {
    let Attempt {
        protocol,
        port,
        has_responded,
    } = attempt;
    if error.message.contains("InvalidContentType") {
        return Some(NOT_TLS);
    }
    // A receiver of another protocol may close the connection without a response, but so does one that
    // restarts.
    let closed = error.closed_by_receiver && !has_responded;
    #[cfg(feature = "grpc")]
    if protocol == OtlpProtocol::Grpc {
        // HTTP/2 reads the text `HTTP` or a TLS record as the length of a frame.
        let not_http2 = error.message.contains("frame with invalid size");
        return match port {
            4318 if not_http2 || closed => Some(HTTP_PORT),
            _ => (not_http2 || closed).then_some(NOT_GRPC),
        };
    }
    let _ = protocol;
    let mut next = Some(source);
    // A gRPC server may send its first frame before the request. hyper has no method for that error.
    let mut not_http = error.message.contains("unexpected message from connection");
    while let Some(error) = next {
        let hyper = error.downcast_ref::<hyper::Error>();
        not_http |= hyper.is_some_and(hyper::Error::is_parse);
        next = error.source();
    }
    match port {
        4317 if not_http || closed => Some(GRPC_PORT),
        _ => (not_http || closed).then_some(NOT_HTTP),
    }
}
