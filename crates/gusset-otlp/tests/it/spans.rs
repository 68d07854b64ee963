//! Export of spans, over each protocol.

use std::time::Duration;

use gusset_data::{SpanEvent, SpanKind, SpanLink, SpanSink as _, SpanStatus, Value};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Resource, Signal};

use crate::receiver::Receiver;
use crate::support::{TEST_TIMEOUT, at, build_fast, pipeline_to, span};

/// Returns a span with all fields set.
fn full_span() -> gusset_data::SpanData {
    gusset_data::SpanData {
        parent_span_id: Some([3; 8]),
        parent_is_remote: true,
        flags: 3,
        trace_state: "a=b".into(),
        attributes: vec![
            ("text".into(), "a\"\\\n\u{1}é{".into()),
            ("int".into(), Value::Int(-7)),
            ("double".into(), 0.5.into()),
            ("bool".into(), true.into()),
            (
                "texts".into(),
                Value::StringArray(["a".into(), "b".into()].into()),
            ),
            ("none".into(), Value::StringArray([].into())),
        ],
        dropped_attributes: 1,
        events: vec![SpanEvent {
            name: "exception".into(),
            time: at(1500),
            attributes: vec![("exception.type".into(), "E".into())],
        }],
        dropped_events: 2,
        links: vec![SpanLink {
            trace_id: [4; 16],
            span_id: [5; 8],
            flags: 1,
            trace_state: "c=d".into(),
            attributes: vec![("a".into(), 1_i64.into())],
        }],
        dropped_links: 3,
        status: SpanStatus::Error("broke".into()),
        ..span("GET /{id}")
    }
}

#[test]
fn all_protocols_export_the_same_spans() {
    let mut all = Vec::new();
    for protocol in [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ] {
        for gzip in [false, true] {
            let receiver = Receiver::start();
            let pipeline = build_fast(
                OtlpPipeline::builder()
                    .endpoint(receiver.url())
                    .protocol(protocol)
                    .gzip(gzip)
                    .header("authorization", "Bearer x")
                    .resource(Resource::new().with("service.name", "shop")),
                // Both spans are in one request, that of the shutdown.
                &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")],
            );
            pipeline.span_sink().export(full_span());
            let mut client = span("client");
            client.kind = SpanKind::Client;
            client.scope = "other".into();
            pipeline.span_sink().export(client);
            let report = pipeline.shutdown(TEST_TIMEOUT);
            assert_eq!(
                report.counts(Signal::Traces).exported,
                2,
                "{protocol} {gzip} {report:?}"
            );
            assert_eq!(report.dropped(), 0);
            assert!(report.completed_in_time());
            let got = receiver.next_request();
            assert_eq!(got.headers["authorization"], "Bearer x");
            let agent = got.headers["user-agent"].to_str().unwrap();
            assert!(agent.starts_with("OTel-OTLP-Exporter-Rust/"), "{agent}");
            let compressed = got.headers.contains_key("content-encoding")
                || got.headers.contains_key("grpc-encoding");
            assert_eq!(compressed, gzip);
            let mut requests = receiver.trace_requests();
            let resource = requests[0].resource_spans[0].resource.take().unwrap();
            let name = resource
                .attributes
                .iter()
                .find(|pair| pair.key == "service.name");
            assert!(format!("{name:?}").contains("shop"), "{name:?}");
            all.push(format!("{requests:#?}"));
        }
    }
    insta::assert_snapshot!(all[0]);
    assert!(all.iter().all(|one| one == &all[0]));
}

#[test]
fn json_follows_the_otlp_specification() {
    let receiver = Receiver::start();
    let pipeline = build_fast(
        OtlpPipeline::builder()
            .endpoint(receiver.url())
            .protocol(OtlpProtocol::HttpJson),
        &[],
    );
    let mut span = full_span();
    for (key, number) in [
        ("nan", f64::NAN),
        ("infinite", f64::NEG_INFINITY),
        ("large", 1e300),
    ] {
        span.attributes.push((key.into(), number.into()));
    }
    pipeline.span_sink().export(span);
    let _ = pipeline.shutdown(TEST_TIMEOUT);
    let body: serde_json::Value = serde_json::from_slice(&receiver.next_request().body).unwrap();
    let spans = &body["resourceSpans"][0]["scopeSpans"];
    insta::assert_snapshot!(serde_json::to_string_pretty(spans).unwrap());
}

#[test]
fn full_batch_is_exported_immediately() {
    let receiver = Receiver::start();
    let hour = [
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"),
    ];
    let pipeline = build_fast(OtlpPipeline::builder().endpoint(receiver.url()), &hour);
    for _ in 0..9 {
        pipeline.span_sink().export(span("a"));
    }
    receiver.next_request();
    receiver.next_request();
    // The ninth span waits for the timer or the shutdown.
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Traces).exported, 9);
    assert_eq!(receiver.spans().len(), 9);
}

#[test]
fn flush_exports_queued_spans() {
    let receiver = Receiver::start();
    let hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let mut pipeline = build_fast(OtlpPipeline::builder().endpoint(receiver.url()), &hour);
    for round in 1..4 {
        pipeline.span_sink().export(span("a"));
        let report = pipeline.flush(TEST_TIMEOUT);
        assert_eq!(report.counts(Signal::Traces).exported, round);
    }
    assert_eq!(pipeline.shutdown(Duration::from_secs(5)).dropped(), 0);
}

#[test]
fn sink_has_no_capacity_after_shutdown() {
    let receiver = Receiver::start();
    let pipeline = pipeline_to(&receiver.url());
    let spans = pipeline.span_sink();
    assert!(spans.has_capacity());
    let _ = pipeline.shutdown(TEST_TIMEOUT);
    assert!(!spans.has_capacity());
    spans.export(span("late"));
    assert!(receiver.try_next_request().is_none());
}
