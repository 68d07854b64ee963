//! `http/protobuf` and `http/json`.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use super::{ExportError, ExportResponse, OtlpClient, hints, response};
use crate::OtlpProtocol;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
/// The length to which the body of a failed response is read.
const MAX_ERROR_BODY_BYTES: usize = 4 << 10;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn send(client: &OtlpClient, body: Bytes) -> Result<ExportResponse, ExportError> {
    let mut request = client.new_request(body);
    let request_type = match client.protocol {
        OtlpProtocol::HttpJson => JSON,
        _ => PROTOBUF,
    };
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(request_type));
    if client.gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let (parts, body) = client.send_request(request).await?.into_parts();
    if !parts.status.is_success() {
        return Err(failure(client, &parts, body).await);
    }
    if is_grpc(&parts.headers) {
        // The status is in a header or trailer, and cannot be success: the request was not gRPC.
        let message = format!("a gRPC response{}", hints::GRPC_PORT);
        return Err(ExportError::new("grpc_response", message, false));
    }
    // The status states that the request was accepted. A body that is cut off, too large or missing does
    // not change that, and sending the request again would duplicate its items.
    let body = tokio::time::timeout(client.timeout / 2, body.collect());
    let Ok(Ok(body)) = body.await else {
        return Ok(ExportResponse::default());
    };
    let body = body.to_bytes();
    let content_type = content_type(&parts.headers);
    let mut response = if content_type.starts_with(JSON) {
        response::json(&body, client.signal)
    } else if content_type.starts_with(PROTOBUF) {
        response::protobuf(&body)
    } else {
        ExportResponse::default()
    };
    let is_otlp = body.is_empty()
        || (content_type.starts_with(JSON) && response::is_json_object(&body))
        || (content_type.starts_with(PROTOBUF) && response::is_protobuf(&body));
    if !is_otlp {
        let text = response::error_text(content_type, &body);
        response.invalid_body = Some(format!(
            "{content_type:?}{}",
            response::server_message(&text)
        ));
    }
    Ok(response)
}

/// Returns the error of a response that is not a success.
async fn failure(
    client: &OtlpClient,
    parts: &Parts,
    body: impl Body<Data = Bytes> + Unpin,
) -> ExportError {
    let Parts {
        status, headers, ..
    } = parts;
    let mut error = status_error(*status, headers, SystemTime::now());
    let body = error_body(body, client.timeout).await;
    let text = response::error_text(content_type(headers), &body);
    error.message.push_str(&response::server_message(&text));
    if is_grpc(headers) {
        error.message.push_str(hints::GRPC_PORT);
    } else if let Some(hint) = path_hint(client, parts) {
        error.message.push_str(&hint);
    }
    // The collector reports a body over its limit with 400. If a receiver behind it has the limit, it
    // responds with 500, or with 429 and without the delay of a receiver that is too busy.
    let may_be_size = !error.retryable
        || (*status == StatusCode::TOO_MANY_REQUESTS && error.retry_after.is_none());
    let refused_size = *status == StatusCode::PAYLOAD_TOO_LARGE
        || (may_be_size && response::mentions_size_limit(&text));
    if refused_size {
        error.refused_size()
    } else {
        error
    }
}

/// Returns a hint if the response shows that the URL is not that of a receiver.
fn path_hint(client: &OtlpClient, parts: &Parts) -> Option<String> {
    let usual = format!("/v1/{}", client.signal);
    match parts.status.as_u16() {
        301 | 302 | 307 | 308 => {
            let target = parts.headers.get(header::LOCATION)?.to_str().ok()?;
            // The query may contain a secret.
            let target = target.split(['?', '#']).next()?;
            let target = response::server_message(target);
            Some(format!(
                "; redirects are not followed, set the endpoint to its target{target}"
            ))
        }
        404 | 405 if !client.endpoint().uri.path().ends_with(&usual) => Some(format!(
            "; the endpoint of one signal is used unchanged, and the path of a receiver is usually \
             `{usual}`"
        )),
        _ => None,
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/grpc")
}

/// Returns the start of the body of a failed response, or what arrives of it in time.
pub(super) async fn error_body(
    mut body: impl Body<Data = Bytes> + Unpin,
    timeout: Duration,
) -> Vec<u8> {
    let mut start = Vec::new();
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            if let Some(data) = frame.data_ref() {
                let left = MAX_ERROR_BODY_BYTES - start.len();
                start.extend_from_slice(&data[..data.len().min(left)]);
            }
            if start.len() >= MAX_ERROR_BODY_BYTES {
                break;
            }
        }
    };
    // The status is known, so a body that stalls must not delay the next request.
    let _ = tokio::time::timeout((timeout / 4).min(ERROR_BODY_TIMEOUT), read).await;
    start
}

/// Returns the content type, or nothing if it is missing.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

pub(super) fn status_error(
    status: StatusCode,
    headers: &HeaderMap,
    now: SystemTime,
) -> ExportError {
    let retryable = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    let after = headers.get(header::RETRY_AFTER).filter(|_| retryable);
    let after = after.and_then(|value| value.to_str().ok());
    ExportError {
        retry_after: after.and_then(|text| retry_after(text, now)),
        ..ExportError::new(status.as_str(), format!("status {status}"), retryable)
    }
}

/// Parses `Retry-After`: seconds or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date in the past requests no delay.
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_statuses_are_retryable() {
        let retryable = (300..600).filter(|code| {
            let status = StatusCode::from_u16(*code).unwrap();
            status_error(status, &HeaderMap::new(), SystemTime::now()).retryable
        });
        assert_eq!(retryable.collect::<Vec<_>>(), [429, 502, 503, 504]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let read = |text| retry_after(text, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(read(date), Some(Duration::from_secs(30)));
        let past = "Sun, 06 Nov 1994 08:40:00 GMT";
        assert_eq!(read(past), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
    }
}
