//! Parsing of responses. It is lenient: the receiver has accepted the request even if its response is
//! invalid, which then counts as empty.

#[cfg(feature = "grpc")]
use std::time::Duration;

use crate::Signal;

/// The length to which messages of receivers are truncated in log entries.
const MAX_MESSAGE_CHARS: usize = 200;

/// The response to a successful export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExportResponse {
    /// The number of items that the receiver rejected. They must not be sent again.
    pub(crate) rejected: u64,
    /// The receiver's message about rejected items, or a warning.
    pub(crate) message: String,
    /// The description of a body that is not an OTLP response.
    pub(crate) invalid_body: Option<String>,
}

/// Formats a message of the receiver, as a suffix of a log entry.
pub(crate) fn server_message(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    let shown: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
    // `Debug` escapes line breaks and control sequences of terminals.
    format!(": {shown:?}")
}

/// Parses an `Export…ServiceResponse`. All signals have the same field numbers.
pub(super) fn protobuf(bytes: &[u8]) -> ExportResponse {
    let mut response = ExportResponse::default();
    for (number, value) in Fields(bytes) {
        // partial_success
        let (1, Value::Bytes(partial)) = (number, value) else {
            continue;
        };
        for (number, value) in Fields(partial) {
            match (number, value) {
                (1, Value::Number(rejected)) => response.rejected = non_negative(rejected as i64),
                (2, Value::Bytes(text)) => {
                    response.message = String::from_utf8_lossy(text).into_owned();
                }
                _ => {}
            }
        }
    }
    response
}

/// Parses an `Export…ServiceResponse` in JSON.
pub(super) fn json(bytes: &[u8], signal: Signal) -> ExportResponse {
    let Ok(response) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return ExportResponse::default();
    };
    let partial = &response["partialSuccess"];
    let rejected = &partial[signal.rejected_field()];
    // 64-bit integers are strings in protobuf's JSON. Some receivers send a number.
    let number = rejected.as_i64();
    let number = number.or_else(|| rejected.as_str().and_then(|text| text.parse().ok()));
    ExportResponse {
        rejected: non_negative(number.unwrap_or_default()),
        message: partial["errorMessage"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        invalid_body: None,
    }
}

/// Returns whether a body is a JSON object.
pub(super) fn is_json_object(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes).is_ok()
}

/// Returns whether a body is a well-formed protobuf message.
pub(super) fn is_protobuf(bytes: &[u8]) -> bool {
    let mut fields = Fields(bytes);
    while let Some((number, _)) = fields.next() {
        if number == 0 {
            return false;
        }
        if fields.0.is_empty() {
            return true;
        }
    }
    bytes.is_empty()
}

/// Returns the first line of the text of a response that is not an OTLP response: the message of a
/// `google.rpc.Status`, or else the body.
pub(super) fn error_text(content_type: &str, body: &[u8]) -> String {
    let message = match content_type {
        json if json.starts_with("application/json") => {
            let status = serde_json::from_slice::<serde_json::Value>(body).ok();
            status.and_then(|status| Some(status["message"].as_str()?.to_owned()))
        }
        protobuf if protobuf.starts_with("application/x-protobuf") => {
            Fields(body).find_map(|field| match field {
                (2, Value::Bytes(text)) => Some(String::from_utf8_lossy(text).into_owned()),
                _ => None,
            })
        }
        _ => None,
    };
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    // The first line of a page is markup.
    let text = html_title(&text).unwrap_or(&text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default().to_owned()
}

fn html_title(text: &str) -> Option<&str> {
    let (_, text) = text.split_once("<title>")?;
    let (title, _) = text.split_once("</title>")?;
    Some(title)
}

/// Returns whether a receiver's message states that a request is too large.
///
/// Receivers do not agree on a text, so this accepts more than the known ones. A mistake costs a few
/// requests and no items.
pub(super) fn mentions_size_limit(message: &str) -> bool {
    const TOO_LARGE: [&str; 4] = ["too large", "too big", "too long", "larger than"];
    const SIZES: [&str; 6] = ["size", "length", "bytes", "body", "payload", "message"];

    let message = message.to_ascii_lowercase();
    let contains = |words: &[&str]| words.iter().any(|word| message.contains(word));
    contains(&TOO_LARGE) || (contains(&["exceed"]) && contains(&SIZES))
}

/// Returns the delay of the `google.rpc.RetryInfo` in the details of a `google.rpc.Status`.
#[cfg(feature = "grpc")]
pub(super) fn retry_delay(status: &[u8]) -> Option<Duration> {
    let details = Fields(status).filter_map(|field| match field {
        (3, Value::Bytes(any)) => Some(any),
        _ => None,
    });
    details.filter_map(retry_info).next()
}

#[cfg(feature = "grpc")]
fn retry_info(any: &[u8]) -> Option<Duration> {
    let (mut is_retry_info, mut info) = (false, &[][..]);
    for field in Fields(any) {
        match field {
            (1, Value::Bytes(url)) => is_retry_info = url.ends_with(b"google.rpc.RetryInfo"),
            (2, Value::Bytes(value)) => info = value,
            _ => {}
        }
    }
    let mut delay = Fields(info).filter_map(|field| match field {
        (1, Value::Bytes(delay)) => Some(delay),
        _ => None,
    });
    let delay = delay.next().filter(|_| is_retry_info)?;
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(delay) {
        match field {
            (1, Value::Number(number)) => seconds = non_negative(number as i64),
            (2, Value::Number(number)) => nanos = non_negative(number as i64),
            _ => {}
        }
    }
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos)))
}

fn non_negative(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Iterates over the fields of a protobuf message, up to the first invalid one.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A fixed-width value, which no expected field has.
    Other,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn split_off(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.split_off(8).map(|_| Value::Other)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.split_off(length)?)
            }
            5 => self.split_off(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parser_never_panics(bytes: Vec<u8>) {
            protobuf(&bytes);
            json(&bytes, Signal::Traces);
            #[cfg(feature = "grpc")]
            retry_delay(&bytes);
        }
    }

    #[test]
    fn json_numbers_may_be_strings() {
        let rejected = |text: &str| json(text.as_bytes(), Signal::Logs).rejected;
        assert_eq!(
            rejected(r#"{"partialSuccess":{"rejectedLogRecords":"7"}}"#),
            7
        );
        assert_eq!(
            rejected(r#"{"partialSuccess":{"rejectedLogRecords":7}}"#),
            7
        );
        assert_eq!(
            rejected(r#"{"partialSuccess":{"rejectedLogRecords":-7}}"#),
            0
        );
        assert_eq!(rejected("[]"), 0);
    }

    #[test]
    fn texts_about_size_are_recognized() {
        for text in [
            // tonic
            "Error, decoded message length too large: found 7 bytes, the limit is: 4 bytes",
            "Error decompressing: size limit, of 4 bytes, exceeded while decompressing message",
            // grpc-go, grpc-java, grpc-c++, grpc-dotnet
            "grpc: received message larger than max (6 vs. 4)",
            "gRPC message exceeds maximum size 4: 6",
            "SERVER: Received message larger than max (6 vs. 4)",
            "Received message exceeds the maximum configured message size.",
            // net/http, axum, nginx, Envoy
            "http: request body too large",
            "length limit exceeded",
            "413 Request Entity Too Large",
            "Payload Too Large",
        ] {
            assert!(mentions_size_limit(text), "{text}");
        }
        for text in [
            "quota exceeded",
            "rate limit exceeded",
            "context deadline exceeded",
            "span has no name",
            "",
        ] {
            assert!(!mentions_size_limit(text), "{text}");
        }
    }

    #[test]
    fn server_message_is_truncated_and_escaped() {
        assert_eq!(server_message("a\nb"), ": \"a\\nb\"");
        assert!(server_message(&"x".repeat(1000)).len() < 220);
    }
}
