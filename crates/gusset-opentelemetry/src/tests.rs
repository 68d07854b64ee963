//! Round trips through the types of OpenTelemetry.

use std::collections::HashMap;

use gusset_data::{SpanData, SpanKind, SpanSink as _, SpanStatus, Value};
use gusset_propagation::Propagators;
use opentelemetry::Context;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind as OtelKind, Status, TraceContextExt as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor};

use crate::*;

/// Extracts a context from these headers and injects it again.
fn round_trip(headers: &[(&str, &str)]) -> HashMap<String, String> {
    let carrier: HashMap<String, String> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let propagator = TextMapPropagatorAdapter::new(Propagators::default());
    let cx = propagator.extract_with_context(&Context::new(), &carrier);
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    sent
}

#[test]
fn headers_survive_the_round_trip() {
    let parent = "00-12345678901234567890123456789012-1234567890123456-02";
    // OpenTelemetry rejects a key with two `@`, and drops the random flag.
    let sent = round_trip(&[
        ("traceparent", parent),
        ("tracestate", "foo@bar@baz=1,bar=2"),
        ("baggage", "tenant=a%20b;ttl=3"),
    ]);
    assert_eq!(sent["traceparent"], parent);
    assert_eq!(sent["tracestate"], "foo@bar@baz=1,bar=2");
    assert_eq!(sent["baggage"], "tenant=a%20b;ttl=3");
    assert!(round_trip(&[("traceparent", "00-1-2-3")]).is_empty());
}

#[test]
fn processor_receives_every_field() {
    let exporter = InMemorySpanExporter::default();
    let sink = SpanProcessorSink::new(SimpleSpanProcessor::new(exporter.clone()));
    let now = std::time::SystemTime::now();
    let texts = Value::StringArray(["a".into(), "b".into()].into());
    sink.export(SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: Some([3; 8]),
        parent_is_remote: true,
        flags: 1,
        trace_state: "ot=th:8".into(),
        name: "GET /".into(),
        kind: SpanKind::Client,
        scope: "gusset::trace".into(),
        start: now,
        end: now,
        attributes: vec![("n".into(), 7_i64.into()), ("list".into(), texts)],
        dropped_attributes: 1,
        events: vec![gusset_data::SpanEvent {
            name: "exception".into(),
            time: now,
            attributes: vec![("exception.type".into(), "timeout".into())],
        }],
        dropped_events: 2,
        links: vec![gusset_data::SpanLink {
            trace_id: [4; 16],
            span_id: [5; 8],
            flags: 1,
            trace_state: "c=d".into(),
            attributes: Vec::new(),
        }],
        dropped_links: 3,
        status: SpanStatus::Error("why".into()),
    });
    let spans = exporter.get_finished_spans().unwrap();
    let [span] = &spans[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(span.span_context.trace_id().to_bytes(), [1; 16]);
    assert_eq!(span.parent_span_id.to_bytes(), [3; 8]);
    assert!(span.parent_span_is_remote && span.span_context.is_sampled());
    assert_eq!(span.span_context.trace_state().header(), "ot=th:8");
    assert_eq!(span.attributes[0], KeyValue::new("n", 7));
    assert_eq!((span.events.len(), span.events.dropped_count), (1, 2));
    assert_eq!((span.links.len(), span.links.dropped_count), (1, 3));
    let link = &span.links[0].span_context;
    assert_eq!(link.trace_state().header(), "c=d");
    assert_eq!(span.span_kind, OtelKind::Client);
    assert!(matches!(&span.status, Status::Error { description } if description == "why"));
}

#[test]
fn context_has_the_current_span() {
    use gusset_core::SpanIds;
    let ids = SpanIds::new([7; 16], [8; 8], true);
    ids.scope(|| {
        let span = context().span().span_context().clone();
        assert_eq!(span.trace_id().to_bytes(), [7; 16]);
        assert_eq!(span.span_id().to_bytes(), [8; 8]);
        assert!(span.is_sampled() && !span.is_remote());
    });
    assert!(!context().has_active_span());
}
