//! Responses of a collector: what another encoder writes is read, and the rest counts as empty.
#![no_main]

use std::time::Duration;

use gusset_fuzz::headers;
use gusset_otlp::{Signal, fuzzing};
use http::StatusCode;
use libfuzzer_sys::{arbitrary, fuzz_target};
use prost::Message;

#[derive(Clone, PartialEq, prost::Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    message: String,
}

#[derive(Debug, arbitrary::Arbitrary)]
enum Input {
    Protobuf(Vec<u8>),
    Json(Vec<u8>),
    Partial(i64, String),
    Http(u16, Vec<(u8, Vec<u8>)>),
    Grpc(Vec<(u8, Vec<u8>)>),
}

fuzz_target!(|input: Input| match input {
    Input::Protobuf(bytes) => {
        fuzzing::protobuf(&bytes);
        if let Ok(decoded) = ExportResponse::decode(&*bytes) {
            check(decoded.partial_success.unwrap_or_default());
        }
    }
    Input::Json(bytes) => {
        let read = fuzzing::json(&bytes, Signal::Traces);
        let is_json = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
        assert!(is_json || read == (0, String::new()));
    }
    Input::Partial(rejected, message) => check(PartialSuccess { rejected, message }),
    Input::Http(status, fields) => {
        let headers = headers(&["retry-after"], &fields);
        let Ok(status) = StatusCode::from_u16(status) else {
            return;
        };
        let (retryable, delay, message) = fuzzing::http_status(status, &headers);
        assert_eq!(retryable, matches!(status.as_u16(), 429 | 502 | 503 | 504));
        assert!(delay.is_none() || (retryable && headers.contains_key("retry-after")));
        check_message(&message);
        if let Some(digits) = headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
        {
            let seconds = digits.parse().ok().filter(|_| retryable);
            assert!(seconds.is_none() || delay == seconds.map(Duration::from_secs));
        }
    }
    Input::Grpc(fields) => {
        let names = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
        let trailers = headers(&names, &fields);
        let text = trailers
            .get("grpc-status")
            .and_then(|value| value.to_str().ok());
        let code: Option<u32> = text.and_then(|text| text.trim().parse().ok());
        match fuzzing::grpc_status(&trailers) {
            Ok(()) => assert_eq!(code, Some(0)),
            Err((retryable, delay, message)) => {
                assert_ne!(code, Some(0));
                let by_code = matches!(code, Some(1 | 4 | 10 | 11 | 14 | 15));
                assert_eq!(retryable, by_code || (code == Some(8) && delay.is_some()));
                assert!(delay.is_none() || trailers.contains_key("grpc-status-details-bin"));
                check_message(&message);
            }
        }
    }
});

/// Checks that both encodings of a response are read.
fn check(partial: PartialSuccess) {
    let expected = (
        u64::try_from(partial.rejected).unwrap_or_default(),
        partial.message.clone(),
    );
    let json = |rejected: serde_json::Value| {
        let partial = serde_json::json!({
            "rejectedSpans": rejected,
            "errorMessage": partial.message,
        });
        serde_json::json!({ "partialSuccess": partial }).to_string()
    };
    for text in [
        json(partial.rejected.into()),
        json(partial.rejected.to_string().into()),
    ] {
        assert_eq!(fuzzing::json(text.as_bytes(), Signal::Traces), expected);
    }
    let message = ExportResponse {
        partial_success: Some(partial),
    };
    assert_eq!(fuzzing::protobuf(&message.encode_to_vec()), expected);
}

/// Checks that a message cannot break the log.
fn check_message(message: &str) {
    assert!(message.chars().count() <= 3000, "{message}");
    assert!(!message.contains(char::is_control), "{message:?}");
}
