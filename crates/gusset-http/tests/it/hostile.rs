//! Nothing that a stranger or a service sends makes us panic, or is read otherwise than it stands.

use gusset_http::{GrpcCode, KnownMethods, ResponseHead, is_streaming};
use gusset_testkit::ScriptedBody;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use proptest::prelude::*;

use crate::support::{drain, end, frame, observe};

/// Bytes that may stand in a header: all of them, and those near to what is looked for.
fn value(near: &'static str) -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        near.prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("no header's value", |bytes| {
        HeaderValue::from_bytes(&bytes).ok()
    })
}

fn headers(name: HeaderName, value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(name, value)])
}

proptest! {
    #[test]
    fn any_text_is_a_list_of_methods_or_an_error(list in prop_oneof![".*", "[A-Za-z_ ,]{0,80}"]) {
        if let Ok(known) = KnownMethods::parse(&list) {
            prop_assert!((2..=65).contains(&known.count()));
            for index in 0..known.count() {
                prop_assert_eq!(known.index(known.name(index)), index);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_status_of_grpc(value in value("[+-]?[0-9]{1,4}")) {
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
    fn any_bytes_are_a_kind_of_content(value in value("(?i)text/event-stream[ ;a-z]{0,3}")) {
        let mut response = Response::new(());
        response.headers_mut().insert(CONTENT_TYPE, value.clone());
        let endless = is_streaming(ResponseHead::from(&response));
        let essence = value.as_bytes().split(|byte| b"; \t".contains(byte)).next();
        let events = essence.is_some_and(|text| text.eq_ignore_ascii_case(b"text/event-stream"));
        prop_assert_eq!(endless, events);
    }

    #[test]
    fn any_bytes_are_a_length_or_none(value in value("[+-]?[0-9]{1,21}"), pieces in 0usize..4) {
        let text = value.to_str().unwrap_or("").to_owned();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let declared = digits.then(|| text.parse::<u64>().ok()).flatten();
        let script = (0..pieces).fold(ScriptedBody::new(), |body, _| body.data("x"));

        // To the last frame: paid, or not what was declared.
        let mut response = Response::new(script);
        response.headers_mut().insert(CONTENT_LENGTH, value.clone());
        let (mut response, witness) = observe(response);
        drain(response.body_mut());
        drop(response);
        let mismatch = declared.is_some_and(|length| length != pieces as u64 && length != u64::MAX);
        prop_assert_eq!(end(&witness), if mismatch { "Failed(body)" } else { "Complete" });

        // Dropped while more could come: complete only if all that was declared was paid.
        let script = (0..pieces).fold(ScriptedBody::new(), |body, _| body.data("x")).pend_forever();
        let mut response = Response::new(script);
        response.headers_mut().insert(CONTENT_LENGTH, value);
        let (mut response, witness) = observe(response);
        for _ in 0..pieces {
            assert!(frame(response.body_mut()).is_ready());
        }
        drop(response);
        let expected = match declared {
            Some(length) if length == pieces as u64 => "Complete",
            Some(length) if length < pieces as u64 => "Failed(body)",
            _ => "Cancelled(body)",
        };
        prop_assert_eq!(end(&witness), expected);
    }
}
