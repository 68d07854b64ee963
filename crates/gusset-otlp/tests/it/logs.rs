//! Export of log records.

use gusset_data::{LogSink as _, Severity, SpanSink as _};
use gusset_otlp::{OtlpPipeline, OtlpProtocol, Signal};

use crate::receiver::{Behavior, Receiver};
use crate::support::{TEST_TIMEOUT, build_fast, record, span};

#[test]
fn record_is_complete_over_every_protocol() {
    let mut all = Vec::new();
    for protocol in [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ] {
        let receiver = Receiver::start();
        let builder = OtlpPipeline::builder()
            .endpoint(receiver.url())
            .protocol(protocol);
        let pipeline = build_fast(builder, &[]);
        let mut full = record("it \"broke\"");
        full.severity = Severity::Error;
        full.event_name = Some("exception".into());
        full.attributes = vec![("a".into(), "b".into()), ("c".into(), 1_i64.into())];
        full.dropped_attributes = 2;
        full.trace_id = Some([1; 16]);
        full.span_id = Some([2; 8]);
        full.flags = 1;
        pipeline.log_sink().export(full);
        assert_eq!(
            pipeline
                .shutdown(TEST_TIMEOUT)
                .counts(Signal::Logs)
                .exported,
            1
        );
        let scopes = &receiver.log_requests()[0].resource_logs[0].scope_logs;
        all.push(format!("{scopes:#?}"));
    }
    insta::assert_snapshot!(all[0]);
    assert!(all.iter().all(|one| one == &all[0]));
}

#[test]
fn environment_limits_attributes() {
    let receiver = Receiver::start();
    let pipeline = build_fast(
        OtlpPipeline::builder().endpoint(receiver.url()),
        &[
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"),
            ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"),
        ],
    );
    let mut long = record("the body is not limited");
    long.attributes = vec![
        ("a".into(), "äöüß".into()),
        ("b".into(), "abc".into()),
        ("c".into(), "left out".into()),
    ];
    pipeline.log_sink().export(long);
    let _ = pipeline.shutdown(TEST_TIMEOUT);
    let request = format!(
        "{:?}",
        receiver.log_requests()[0].resource_logs[0].scope_logs
    );
    assert!(request.contains(r#"StringValue("äöü")"#), "{request}");
    assert!(request.contains("dropped_attributes_count: 1"), "{request}");
    assert!(!request.contains("left out"), "{request}");
    assert!(request.contains("the body is not limited"), "{request}");
}

#[test]
fn log_entries_about_exports_are_not_exported() {
    let receiver = Receiver::start();
    receiver.set_behavior(Behavior::HttpStatus(400, vec![]));
    let pipeline = build_fast(OtlpPipeline::builder().endpoint(receiver.url()), &[]);
    let mut own = record("exporting spans failed");
    own.scope = "gusset::otlp".into();
    pipeline.log_sink().export(own);
    pipeline.span_sink().export(span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    assert_eq!(report.counts(Signal::Logs).dropped(), 0);
    assert_eq!(report.counts(Signal::Traces).send_failed, 1);
}
