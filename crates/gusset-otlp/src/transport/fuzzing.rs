//! The parsers of responses, for the fuzz targets.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::{ExportError, ExportResponse, grpc, http1, response};
use crate::Signal;

/// The number of rejected items, and the message of the receiver.
pub type Accepted = (u64, String);

/// Whether the export is retried, the requested delay, and the message for operators.
pub type Failed = (bool, Option<Duration>, String);

/// Parses a response in protobuf.
pub fn protobuf(bytes: &[u8]) -> Accepted {
    accepted(response::protobuf(bytes))
}

/// Parses a response in JSON.
pub fn json(bytes: &[u8], signal: Signal) -> Accepted {
    accepted(response::json(bytes, signal))
}

/// Parses the status of an HTTP response.
pub fn http_status(status: StatusCode, headers: &HeaderMap) -> Failed {
    failed(http1::status_error(
        status,
        headers,
        std::time::SystemTime::UNIX_EPOCH,
    ))
}

/// Parses the status of a gRPC response.
pub fn grpc_status(trailers: &HeaderMap) -> Result<(), Failed> {
    grpc::status(trailers).map_err(failed)
}

fn accepted(response: ExportResponse) -> Accepted {
    (response.rejected, response.message)
}

fn failed(error: ExportError) -> Failed {
    (error.retryable, error.retry_after, error.message)
}
