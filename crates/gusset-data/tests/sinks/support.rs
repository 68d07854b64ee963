//! Spans, records, and sinks that keep them or are stuck.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gusset_core::Clock;
use gusset_data::{LogRecord, LogSink, Severity, SpanData, SpanKind, SpanSink, SpanStatus};

/// A time that is over only if a test fails.
pub(crate) const LONG: Duration = Duration::from_secs(60);
/// The deadline of a flush that is not complete.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

pub(crate) fn span(name: &str) -> SpanData {
    SpanData {
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_span_id: None,
        parent_is_remote: false,
        flags: 1,
        trace_state: "".into(),
        name: name.to_owned().into(),
        kind: SpanKind::Server,
        scope: "".into(),
        start: SystemTime::UNIX_EPOCH,
        end: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes: 0,
        events: Vec::new(),
        dropped_events: 0,
        links: Vec::new(),
        dropped_links: 0,
        status: SpanStatus::Unset,
    }
}

pub(crate) fn record(body: &str) -> LogRecord {
    LogRecord {
        time: SystemTime::UNIX_EPOCH,
        severity: Severity::Info,
        scope: "".into(),
        event_name: None,
        body: body.to_owned().into(),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}

/// Keeps the names of spans and the bodies of records.
#[derive(Clone, Default)]
pub(crate) struct Kept(pub(crate) Arc<Mutex<Vec<String>>>);

impl Kept {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl SpanSink for Kept {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span.name.to_string());
    }
}

impl LogSink for Kept {
    fn export(&self, record: LogRecord) {
        self.0.lock().unwrap().push(record.body.to_string());
    }
}

/// Keeps what it is given, and is then stuck until the test drops the other end of the channel.
pub(crate) struct Stuck {
    pub(crate) kept: Kept,
    until: Mutex<Receiver<()>>,
}

impl Stuck {
    pub(crate) fn new() -> (Self, Kept, Sender<()>) {
        let (go, until) = mpsc::channel();
        let kept = Kept::default();
        let stuck = Self {
            kept: kept.clone(),
            until: Mutex::new(until),
        };
        (stuck, kept, go)
    }

    pub(crate) fn wait(&self) {
        let _ = self.until.lock().unwrap().recv();
    }
}

impl SpanSink for Stuck {
    fn export(&self, span: SpanData) {
        SpanSink::export(&self.kept, span);
        self.wait();
    }
}

impl LogSink for Stuck {
    fn export(&self, record: LogRecord) {
        LogSink::export(&self.kept, record);
        self.wait();
    }
}

pub(crate) fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| at.to_string()).collect()
}

pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let clock = Clock::system();
    let limit = clock.now() + LONG;
    while !is_so() {
        assert!(clock.now() < limit, "never {what}");
        std::thread::yield_now();
    }
}
