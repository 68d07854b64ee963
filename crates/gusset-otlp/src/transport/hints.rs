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
const NOT_TLS: &str = "; this looks like a port without TLS, use `http` in the endpoint";

/// Adds a hint to the error of a connection if it looks like a wrong port or protocol.
pub(super) fn explain(
    mut error: ExportError,
    source: &(dyn Error + 'static),
    protocol: OtlpProtocol,
    port: u16,
) -> ExportError {
    if let Some(hint) = hint(&error.message, source, protocol, port) {
        error.message.push_str(hint);
    }
    error
}

fn hint(
    message: &str,
    source: &(dyn Error + 'static),
    protocol: OtlpProtocol,
    port: u16,
) -> Option<&'static str> {
    if message.contains("InvalidContentType") {
        return Some(NOT_TLS);
    }
    let mut next = Some(source);
    let mut hyper = None;
    while let (Some(error), None) = (next, hyper) {
        hyper = error.downcast_ref::<hyper::Error>();
        next = error.source();
    }
    #[cfg(feature = "grpc")]
    if protocol == OtlpProtocol::Grpc {
        // The frame that HTTP/2 reads has the length of `HTTP`.
        let not_http2 =
            message.contains("frame with invalid size") || message.contains("FRAME_SIZE");
        let closed = hyper.is_some() && port == 4318;
        return (not_http2 || closed).then_some(HTTP_PORT);
    }
    let _ = protocol;
    let hyper = hyper?;
    match port {
        4317 => Some(GRPC_PORT),
        _ if hyper.is_parse() => Some(NOT_HTTP),
        _ => None,
    }
}
