//! The official messages decode both encodings to the original data.

use std::time::{Duration, UNIX_EPOCH};

use gusset_data::{Attribute, SpanData, SpanEvent, SpanKind, SpanStatus, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::Encoding;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        // serde_json is not exact in the last digit of other doubles.
        any::<i32>().prop_map(|number| Value::Double(f64::from(number) / 8.0)),
        ".*".prop_map(|text| Value::String(text.into())),
        vec(".*", 0..4)
            .prop_map(|all| Value::StringArray(all.into_iter().map(Into::into).collect())),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((".*".prop_map(Into::into), value()), 0..5)
}

prop_compose! {
    fn span()(
        trace_id: [u8; 16],
        span_id: [u8; 8],
        parent_span_id: Option<[u8; 8]>,
        flags: u8,
        name in ".*",
        scope in "[ab]",
        start in 0_u64..1 << 62,
        attributes in attributes(),
        events in vec(attributes(), 0..3),
        status in prop_oneof![
            Just(SpanStatus::Unset),
            Just(SpanStatus::Ok),
            ".*".prop_map(|text| SpanStatus::Error(text.into())),
        ],
    ) -> SpanData {
        let start = UNIX_EPOCH + Duration::from_nanos(start);
        SpanData {
            trace_id,
            span_id,
            parent_span_id,
            parent_is_remote: false,
            flags,
            trace_state: "".into(),
            name: name.into(),
            kind: SpanKind::Client,
            scope: scope.into(),
            start,
            end: start,
            attributes,
            dropped_attributes: 0,
            events: events
                .into_iter()
                .map(|attributes| SpanEvent { name: "e".into(), time: start, attributes })
                .collect(),
            dropped_events: 0,
            links: Vec::new(),
            dropped_links: 0,
            status,
        }
    }
}

proptest! {
    #[test]
    fn both_encodings_decode_to_the_same_message(mut spans in vec(span(), 0..6), resource in attributes()) {
        let binary = super::spans(Encoding::Protobuf, &resource, &mut spans);
        let text = super::spans(Encoding::Json, &resource, &mut spans);
        let binary = ExportTraceServiceRequest::decode(&binary[..]).unwrap();
        let text: ExportTraceServiceRequest = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(&binary, &text);

        let scopes = &binary.resource_spans[0].scope_spans;
        let read: Vec<_> = scopes.iter().flat_map(|scope| &scope.spans).collect();
        prop_assert_eq!(read.len(), spans.len());
        for (read, span) in read.into_iter().zip(&spans) {
            prop_assert_eq!(&read.name, &span.name);
            prop_assert_eq!(&read.trace_id[..], &span.trace_id);
            prop_assert_eq!(read.events.len(), span.events.len());
            let kept: Vec<_> = super::unique(&span.attributes).collect();
            prop_assert_eq!(read.attributes.len(), kept.len());
            for (read, (key, value)) in read.attributes.iter().zip(kept) {
                prop_assert_eq!(&read.key, key);
                let read = read.value.as_ref().and_then(|value| value.value.as_ref());
                if let (Some(any_value::Value::IntValue(read)), Value::Int(value)) = (read, value) {
                    prop_assert_eq!(read, value);
                }
                if let (Some(any_value::Value::StringValue(read)), Value::String(value)) = (read, value) {
                    prop_assert_eq!(read, value);
                }
            }
        }
    }
}

#[test]
fn last_value_of_a_key_is_kept() {
    let attributes = [("a", 1), ("b", 2), ("a", 3)];
    let attributes = attributes.map(|(key, value)| (key.into(), Value::Int(value)));
    let kept: Vec<_> = super::unique(&attributes).collect();
    assert_eq!(kept, [&attributes[1], &attributes[2]]);
}
