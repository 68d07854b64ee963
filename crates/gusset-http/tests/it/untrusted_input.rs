//! Nothing that an untrusted client or a service sends causes a panic or is misread.

use gusset_http::{GrpcCode, KnownMethods, ResponseHead, is_streaming};
use gusset_testkit::ScriptedBody;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use proptest::prelude::*;

use crate::support::{drain, end, frame, observe};

/// Generates header values: arbitrary ones, and some similar to valid ones.
fn value(similar: &'static str) -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        similar.prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("not a header value", |bytes| {
        HeaderValue::from_bytes(&bytes).ok()
    })
}

fn headers(name: HeaderName, value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(name, value)])
}

proptest! {
    #[test]
    fn any_text_is_a_method_list_or_an_error(list in prop_oneof![".*", "[A-Za-z_ ,]{0,80}"]) {
        if let Ok(known) = KnownMethods::parse(&list) {
            prop_assert!((2..=65).contains(&known.count()));
            for index in 0..known.count() {
                prop_assert_eq!(known.index(known.name(index)), index);
            }
        }
    }

    #[test]
    fn any_bytes_have_a_grpc_status(value in value("[+-]?[0-9]{1,4}")) {
        let text = value.to_str().unwrap_or("").to_owned();
        let code = GrpcCode::from_headers(&headers(HeaderName::from_static("grpc-status"), value));
        let code = code.expect("there is a status");
        let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>());
        match number {
            Some(Ok(0)) => prop_assert_eq!(code, GrpcCode::OK),
            Some(Ok(1 | 3..=16)) => prop_assert_ne!(code, GrpcCode::UNKNOWN),
            _ => prop_assert_eq!(code, GrpcCode::UNKNOWN),
        }
    }

    #[test]
    fn only_event_stream_content_types_are_streaming(value in value("(?i)text/event-stream[ ;a-z]{0,3}")) {
        let mut response = Response::new(());
        response.headers_mut().insert(CONTENT_TYPE, value.clone());
        let streaming = is_streaming(ResponseHead::from(&response));
        let essence = value.as_bytes().split(|byte| b"; \t".contains(byte)).next();
        let events = essence.is_some_and(|text| text.eq_ignore_ascii_case(b"text/event-stream"));
        prop_assert_eq!(streaming, events);
    }

    #[test]
    fn any_content_length_is_valid_or_ignored(value in value("[+-]?[0-9]{1,21}"), chunks in 0usize..4) {
        let text = value.to_str().unwrap_or("").to_owned();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let declared = digits.then(|| text.parse::<u64>().ok()).flatten();
        let script = (0..chunks).fold(ScriptedBody::new(), |body, _| body.data("x"));

        // Read to the last frame: the length matches, or not.
        let mut response = Response::new(script);
        response.headers_mut().insert(CONTENT_LENGTH, value.clone());
        let (mut response, recorder) = observe(response);
        drain(response.body_mut());
        drop(response);
        let mismatch = declared.is_some_and(|length| length != chunks as u64 && length != u64::MAX);
        prop_assert_eq!(end(&recorder), if mismatch { "Failed(body)" } else { "Complete" });

        // Dropped while more could follow: complete only if the declared length was sent.
        let script = (0..chunks).fold(ScriptedBody::new(), |body, _| body.data("x")).pend_forever();
        let mut response = Response::new(script);
        response.headers_mut().insert(CONTENT_LENGTH, value);
        let (mut response, recorder) = observe(response);
        for _ in 0..chunks {
            assert!(frame(response.body_mut()).is_ready());
        }
        drop(response);
        let expected = match declared {
            Some(length) if length == chunks as u64 => "Complete",
            Some(length) if length < chunks as u64 => "Failed(body)",
            _ => "Cancelled(body)",
        };
        prop_assert_eq!(end(&recorder), expected);
    }
}
