//! Spans, over each protocol.

use std::time::Duration;

use gusset_data::{SpanEvent, SpanKind, SpanLink, SpanSink as _, SpanStatus, Value};
use gusset_otlp::{Protocol, Resource, Signal, Telemetry};

use crate::receiver::Receiver;
use crate::support::{PATIENCE, at, quick, span, to};

/// A span that has everything.
fn rich() -> gusset_data::SpanData {
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
            attributes: vec![("a".into(), 1_i64.into())],
        }],
        dropped_links: 3,
        status: SpanStatus::Error("broke".into()),
        ..span("GET /{id}")
    }
}

#[test]
fn every_protocol_carries_the_same() {
    let mut all = Vec::new();
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc] {
        for gzip in [false, true] {
            let receiver = Receiver::start();
            let telemetry = quick(
                Telemetry::builder()
                    .endpoint(receiver.url())
                    .protocol(protocol)
                    .gzip(gzip)
                    .header("authorization", "Bearer x")
                    .resource(Resource::new().with("service.name", "shop")),
                // Both in one request, of the end.
                &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")],
            );
            telemetry.spans().export(rich());
            let mut client = span("client");
            client.kind = SpanKind::Client;
            client.scope = "other".into();
            telemetry.spans().export(client);
            let report = telemetry.shutdown(PATIENCE);
            assert_eq!(
                report.of(Signal::Traces).exported,
                2,
                "{protocol} {gzip} {report:?}"
            );
            assert_eq!(report.lost(), 0);
            assert!(report.in_time());
            let got = receiver.next();
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
fn json_is_as_otlp_wants_it() {
    let receiver = Receiver::start();
    let telemetry = quick(
        Telemetry::builder()
            .endpoint(receiver.url())
            .protocol(Protocol::HttpJson),
        &[],
    );
    let mut rich = rich();
    for number in [f64::NAN, f64::NEG_INFINITY, 1e300] {
        rich.attributes.push(("number".into(), number.into()));
    }
    telemetry.spans().export(rich);
    let _ = telemetry.shutdown(PATIENCE);
    let body: serde_json::Value = serde_json::from_slice(&receiver.next().body).unwrap();
    let spans = &body["resourceSpans"][0]["scopeSpans"];
    insta::assert_snapshot!(serde_json::to_string_pretty(spans).unwrap());
}

#[test]
fn a_full_batch_does_not_wait_for_the_clock() {
    let receiver = Receiver::start();
    let hour = [
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"),
    ];
    let telemetry = quick(Telemetry::builder().endpoint(receiver.url()), &hour);
    for _ in 0..9 {
        telemetry.spans().export(span("a"));
    }
    receiver.next();
    receiver.next();
    // The ninth waits for the clock, or for the end.
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Traces).exported, 9);
    assert_eq!(receiver.spans().len(), 9);
}

#[test]
fn a_flush_exports_what_is_waiting_and_goes_on() {
    let receiver = Receiver::start();
    let hour = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let mut telemetry = quick(Telemetry::builder().endpoint(receiver.url()), &hour);
    for round in 1..4 {
        telemetry.spans().export(span("a"));
        let report = telemetry.flush(PATIENCE);
        assert_eq!(report.of(Signal::Traces).exported, round);
    }
    assert_eq!(telemetry.shutdown(Duration::from_secs(5)).lost(), 0);
}

#[test]
fn after_the_end_nothing_is_wanted() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver.url());
    let spans = telemetry.spans();
    assert!(spans.admit());
    let _ = telemetry.shutdown(PATIENCE);
    assert!(!spans.admit());
    spans.export(span("late"));
    assert!(receiver.try_next().is_none());
}
