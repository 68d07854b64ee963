//! `grpc`: one unary call over HTTP/2.
//!
//! A call of this kind is a `POST` with five bytes before the message, and a status at the end. It
//! shares the transport, the timeouts and the TLS of HTTP, so that they cannot differ.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Version, header};
use http_body_util::BodyExt as _;

use super::{Fault, Road, Taken, answer};

/// With padding or without: both are sent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether the message is compressed, and how long it is, before the message.
pub(super) fn frame(message: &[u8], gzip: bool) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(gzip.into());
    // Split before it is as long as that.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

pub(super) async fn exchange(road: &Road, body: Bytes) -> Result<Taken, Fault> {
    let mut request = road.request(body);
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    let timeout = format!("{}m", road.timeout.as_millis().min(99_999_999));
    let timeout = HeaderValue::try_from(timeout).expect("digits are a header");
    headers.insert("grpc-timeout", timeout);
    if road.gzip {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    let (head, body) = road.send(request).await?.into_parts();
    if head.headers.contains_key("grpc-status") {
        // Trailers alone.
        return status(&head.headers).map(|()| Taken::default());
    }
    if !head.status.is_success() {
        // From something on the way that knows no gRPC; gRPC says how to read it.
        let again = matches!(head.status.as_u16(), 429 | 502 | 503 | 504);
        let why = format!("answered {}", head.status);
        return Err(Fault::refused(head.status.as_str(), why, again));
    }
    let whole = body.collect().await;
    let whole = whole.map_err(|error| Fault::connection(&*error))?;
    match whole.trailers() {
        Some(trailers) => status(trailers)?,
        None => {
            return Err(Fault::refused(
                "UNKNOWN",
                "answered without a status",
                false,
            ));
        }
    }
    let body = whole.to_bytes();
    // No compression was offered, so a message that is compressed is none for us.
    Ok(match body.split_at_checked(5) {
        Some(([0, ..], message)) => answer::protobuf(message),
        _ => Taken::default(),
    })
}

fn status(trailers: &HeaderMap) -> Result<(), Fault> {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let code = text("grpc-status").and_then(|code| code.trim().parse().ok());
    if code == Some(0) {
        return Ok(());
    }
    let (name, again) = name(code);
    let details = text("grpc-status-details-bin").and_then(|text| BASE64.decode(text.trim()).ok());
    let after = details.and_then(|details| answer::retry_delay(&details));
    let message = text("grpc-message").unwrap_or_default();
    let message = percent_encoding::percent_decode_str(message).decode_utf8_lossy();
    let why = format!("answered {name}{}", answer::said(&message));
    Err(Fault {
        // To be exhausted is to be tried again only where the receiver says when.
        again: again || (name == "RESOURCE_EXHAUSTED" && after.is_some()),
        after,
        ..Fault::refused(name, why, false)
    })
}

/// The name of a code, and whether it is worth another try.
fn name(code: Option<u32>) -> (&'static str, bool) {
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
    fn the_codes_that_otlp_calls_retryable_are() {
        let again = (0..20).filter(|code| name(Some(*code)).1);
        assert_eq!(again.collect::<Vec<_>>(), [1, 4, 10, 11, 14, 15]);
    }
}
