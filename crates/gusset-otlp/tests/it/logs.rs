//! Log records.

use gusset_data::{LogSink as _, Severity, SpanSink as _};
use gusset_otlp::{Protocol, Signal, Telemetry};

use crate::receiver::{Does, Receiver};
use crate::support::{PATIENCE, quick, record, span};

#[test]
fn a_record_arrives_whole_over_every_protocol() {
    let mut all = Vec::new();
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc] {
        let receiver = Receiver::start();
        let builder = Telemetry::builder()
            .endpoint(receiver.url())
            .protocol(protocol);
        let telemetry = quick(builder, &[]);
        let mut full = record("it \"broke\"");
        full.severity = Severity::Error;
        full.event_name = Some("exception".into());
        full.attributes = vec![("a".into(), "b".into()), ("c".into(), 1_i64.into())];
        full.dropped_attributes = 2;
        full.trace_id = Some([1; 16]);
        full.span_id = Some([2; 8]);
        full.flags = 1;
        telemetry.logs().export(full);
        assert_eq!(telemetry.shutdown(PATIENCE).of(Signal::Logs).exported, 1);
        let scopes = &receiver.log_requests()[0].resource_logs[0].scope_logs;
        all.push(format!("{scopes:#?}"));
    }
    insta::assert_snapshot!(all[0]);
    assert!(all.iter().all(|one| one == &all[0]));
}

#[test]
fn attributes_are_limited_by_the_environment() {
    let receiver = Receiver::start();
    let telemetry = quick(
        Telemetry::builder().endpoint(receiver.url()),
        &[
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"),
            ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"),
        ],
    );
    let mut long = record("no attribute is the body");
    long.attributes = vec![
        ("a".into(), "äöüß".into()),
        ("b".into(), "abc".into()),
        ("c".into(), "left out".into()),
    ];
    telemetry.logs().export(long);
    let _ = telemetry.shutdown(PATIENCE);
    let request = format!(
        "{:?}",
        receiver.log_requests()[0].resource_logs[0].scope_logs
    );
    assert!(request.contains(r#"StringValue("äöü")"#), "{request}");
    assert!(request.contains("dropped_attributes_count: 1"), "{request}");
    assert!(!request.contains("left out"), "{request}");
    assert!(request.contains("no attribute is the body"), "{request}");
}

#[test]
fn what_is_said_of_the_road_does_not_go_down_the_road() {
    let receiver = Receiver::start();
    receiver.does(Does::Answers(400, vec![]));
    let telemetry = quick(Telemetry::builder().endpoint(receiver.url()), &[]);
    let mut own = record("spans do not arrive");
    own.scope = "gusset::otlp".into();
    telemetry.logs().export(own);
    telemetry.spans().export(span("a"));
    let report = telemetry.shutdown(PATIENCE);
    assert_eq!(report.of(Signal::Logs).lost(), 0);
    assert_eq!(report.of(Signal::Traces).failed, 1);
}
