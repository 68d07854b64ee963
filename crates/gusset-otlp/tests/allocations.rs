//! Allocations on the path of a request: none.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::{Duration, UNIX_EPOCH};

use gusset_data::{
    LogRecord, LogSink as _, Severity, SpanData, SpanKind, SpanSink as _, SpanStatus,
};
use gusset_otlp::{OtlpPipeline, Signal};

fn span() -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: "GET /".into(),
        kind: SpanKind::Server,
        scope: "test".into(),
        start: UNIX_EPOCH,
        end: UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

fn record() -> LogRecord {
    LogRecord {
        time: UNIX_EPOCH,
        severity: Severity::Info,
        scope: "test".into(),
        event_name: None,
        body: "message".into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

#[test]
fn export_to_full_or_empty_queue_allocates_nothing() {
    let pipeline = OtlpPipeline::builder()
        .endpoint("http://127.0.0.1:9")
        .build_with(|name| {
            let delay = name.ends_with("_SCHEDULE_DELAY");
            delay.then(|| "3600000".to_owned())
        });
    let pipeline = pipeline.unwrap();
    let (spans, logs) = (pipeline.span_sink(), pipeline.log_sink());
    // Four times the capacity of the queues, so that the worker is notified too.
    let info = allocation_counter::measure(|| {
        for _ in 0..8192 {
            spans.export(span());
            logs.export(record());
        }
    });
    assert_eq!(info.count_total, 0);
    let report = pipeline.shutdown(Duration::ZERO);
    assert!(report.counts(Signal::Traces).enqueue_failed > 0);
    assert_eq!(report.dropped(), 2 * 8192);
}
