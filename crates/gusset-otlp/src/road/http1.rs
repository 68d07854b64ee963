//! `http/protobuf` and `http/json`.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;

use super::{Fault, Road, Taken, answer};
use crate::Protocol;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

pub(super) async fn exchange(road: &Road, body: Bytes) -> Result<Taken, Fault> {
    let mut request = road.request(body);
    let kind = match road.protocol {
        Protocol::HttpJson => JSON,
        _ => PROTOBUF,
    };
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if road.gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let (head, body) = road.send(request).await?.into_parts();
    if !head.status.is_success() {
        return Err(refusal(head.status, &head.headers, SystemTime::now()));
    }
    // What was taken is told in the head; a body that is cut off, or larger than may be, takes nothing
    // of that back. To send it all again would be to tell it twice.
    let Ok(body) = body.collect().await else {
        return Ok(Taken::default());
    };
    let body = body.to_bytes();
    let kind = head.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    Ok(if kind.starts_with(JSON) {
        answer::json(&body, road.signal)
    } else if kind.starts_with(PROTOBUF) {
        answer::protobuf(&body)
    } else {
        Taken::default()
    })
}

fn refusal(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Fault {
    let again = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    let after = headers.get(header::RETRY_AFTER).filter(|_| again);
    let after = after.and_then(|value| value.to_str().ok());
    Fault {
        after: after.and_then(|text| retry_after(text, now)),
        ..Fault::refused(status.as_str(), format!("answered {status}"), again)
    }
}

/// Seconds, or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date that is past asks for nothing.
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_statuses_are_worth_another_try() {
        let again = (300..600).filter(|code| {
            let status = StatusCode::from_u16(*code).unwrap();
            refusal(status, &HeaderMap::new(), SystemTime::now()).again
        });
        assert_eq!(again.collect::<Vec<_>>(), [429, 502, 503, 504]);
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
