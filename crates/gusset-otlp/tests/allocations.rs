//! What a service pays for on the path of a request: nothing is allocated.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, UNIX_EPOCH};

use gusset_data::{
    LogRecord, LogSink as _, Severity, SpanData, SpanKind, SpanSink as _, SpanStatus,
};
use gusset_otlp::{Signal, Telemetry};

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
        body: "said".into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

#[test]
fn to_give_away_allocates_nothing_whether_there_is_room_or_not() {
    let telemetry = Telemetry::builder()
        .endpoint("http://127.0.0.1:9")
        .build_with(|name| {
            let delay = name.ends_with("_SCHEDULE_DELAY");
            delay.then(|| "3600000".to_owned())
        });
    let telemetry = telemetry.unwrap();
    let (spans, logs) = (telemetry.spans(), telemetry.logs());
    // Four times what the queues hold, past every size at which the worker is woken.
    let info = allocation_counter::measure(|| {
        for _ in 0..8192 {
            spans.export(span());
            logs.export(record());
        }
    });
    assert_eq!(info.count_total, 0);
    let report = telemetry.shutdown(Duration::ZERO);
    assert!(report.of(Signal::Traces).dropped > 0);
    assert_eq!(report.lost(), 2 * 8192);
}
