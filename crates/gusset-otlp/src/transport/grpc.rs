//! `grpc`: a unary call over HTTP/2.
//!
//! Such a call is a `POST` with a prefix of five bytes before the message, and a status in the trailers. It
//! uses the same client, timeouts and TLS as HTTP, so that both behave alike.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use http_body_util::BodyExt as _;

use super::http1::{self, content_type};
use super::{ExportError, ExportResponse, OtlpClient, hints, response};

/// Accepts padding and its absence: servers send both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Prefixes a message with its compression flag and length.
pub(super) fn frame(message: &[u8], gzip: bool) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(gzip.into());
    // Batches are split before they reach 64 MiB.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

pub(super) async fn send(client: &OtlpClient, body: Bytes) -> Result<ExportResponse, ExportError> {
    let mut request = client.new_request(body);
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    let timeout = format!("{}m", client.timeout.as_millis().min(99_999_999));
    let timeout = HeaderValue::try_from(timeout).expect("digits are a valid header value");
    headers.insert("grpc-timeout", timeout);
    if client.gzip {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    let (parts, body) = client.send_request(request).await?.into_parts();
    if parts.headers.contains_key("grpc-status") {
        // A trailers-only response.
        return status(&parts.headers).map(|()| ExportResponse::default());
    }
    if !parts.status.is_success() {
        // A proxy responded without gRPC. The mapping of HTTP statuses is that of gRPC.
        let retryable = matches!(parts.status.as_u16(), 429 | 502 | 503 | 504);
        let mut message = format!("status {}", parts.status);
        let body = http1::error_body(body, client.timeout).await;
        let text = response::error_text(content_type(&parts.headers), &body);
        message.push_str(&response::server_message(&text));
        if matches!(parts.status.as_u16(), 400 | 404 | 405 | 415) {
            message.push_str(hints::HTTP_PORT);
        }
        let error = ExportError::new(parts.status.as_str(), message, retryable);
        return Err(if parts.status == StatusCode::PAYLOAD_TOO_LARGE {
            error.refused_size()
        } else {
            error
        });
    }
    let collected = body.collect().await;
    let collected = collected.map_err(|error| ExportError::connection(&*error))?;
    match collected.trailers() {
        Some(trailers) => status(trailers)?,
        None => {
            let hint = match content_type(&parts.headers) {
                text if text.starts_with("application/grpc") => "",
                _ => hints::HTTP_PORT,
            };
            let message = format!("response without a gRPC status{hint}");
            return Err(ExportError::new("UNKNOWN", message, false));
        }
    }
    let body = collected.to_bytes();
    // The request accepts no compression, so a compressed message is invalid.
    Ok(match body.split_at_checked(5) {
        Some(([0, ..], message)) => response::protobuf(message),
        _ => ExportResponse::default(),
    })
}

pub(super) fn status(trailers: &HeaderMap) -> Result<(), ExportError> {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let code = text("grpc-status").and_then(|code| code.trim().parse().ok());
    if code == Some(0) {
        return Ok(());
    }
    let (name, retryable) = code_name(code);
    let details = text("grpc-status-details-bin").and_then(|text| BASE64.decode(text.trim()).ok());
    let retry_after = details.and_then(|details| response::retry_delay(&details));
    let message = text("grpc-message").unwrap_or_default();
    let text = percent_encoding::percent_decode_str(message).decode_utf8_lossy();
    let message = format!("status {name}{}", response::server_message(&text));
    let error = ExportError {
        // OTLP: `RESOURCE_EXHAUSTED` is retryable only if the receiver requests a delay.
        retryable: retryable || (name == "RESOURCE_EXHAUSTED" && retry_after.is_some()),
        retry_after,
        ..ExportError::new(name, message, false)
    };
    // Receivers in Go, Java and C++ report a message over their limit, 4 MiB by default, with
    // `RESOURCE_EXHAUSTED`, tonic with `OUT_OF_RANGE`, and proxies with other codes.
    let refused_size = (name == "RESOURCE_EXHAUSTED" && !error.retryable)
        || ((name == "OUT_OF_RANGE" || !error.retryable) && response::mentions_size_limit(&text));
    Err(if refused_size {
        error.refused_size()
    } else {
        error
    })
}

/// Returns the name of a status code and whether OTLP calls it retryable.
fn code_name(code: Option<u32>) -> (&'static str, bool) {
    match code {
        Some(1) => ("CANCELLED", true),
        Some(3) => ("INVALID_ARGUMENT", false),
        Some(4) => ("DEADLINE_EXCEEDED", true),
        Some(5) => ("NOT_FOUND", false),
        Some(6) => ("ALREADY_EXISTS", false),
        Some(7) => ("PERMISSION_DENIED", false),
        Some(8) => ("RESOURCE_EXHAUSTED", false),
        Some(9) => ("FAILED_PRECONDITION", false),
        Some(10) => ("ABORTED", true),
        Some(11) => ("OUT_OF_RANGE", true),
        Some(12) => ("UNIMPLEMENTED", false),
        Some(13) => ("INTERNAL", false),
        Some(14) => ("UNAVAILABLE", true),
        Some(15) => ("DATA_LOSS", true),
        Some(16) => ("UNAUTHENTICATED", false),
        _ => ("UNKNOWN", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retryable_codes_are_those_of_otlp() {
        let retryable = (0..20).filter(|code| code_name(Some(*code)).1);
        assert_eq!(retryable.collect::<Vec<_>>(), [1, 4, 10, 11, 14, 15]);
    }
}
