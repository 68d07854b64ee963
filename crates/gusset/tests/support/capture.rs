//! Captures the logs, spans and metrics of calls.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset::kind::ServiceKind;
use gusset::log::{AccessLog, FlushGuard, Format, LogLayer};
use gusset::trace::TraceObserver;
use gusset::{CatchPanic, Instrumentation, InstrumentationBuilder};
use gusset_data::{Metric, MetricProducer, SpanData, SpanSink};
use gusset_testkit::RecordingObserver;
use serde_json::Value;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

/// An instrumentation with all signals and a custom observer.
pub(crate) type Captured<K> = Instrumentation<K, ((), CatchPanic<RecordingObserver>)>;

/// The log and the spans of the calls in [`run`](Self::run).
pub(crate) struct Capture {
    entries: Entries,
    spans: Spans,
    dispatch: Dispatch,
    flush_guard: FlushGuard,
    /// Records the calls as a custom observer.
    pub(crate) recorder: RecordingObserver,
}

/// The written log entries.
#[derive(Clone, Default)]
struct Entries(Arc<Mutex<Vec<u8>>>);

/// The exported spans.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

// === impl Capture ===

impl Capture {
    pub(crate) fn new() -> Self {
        let entries = Entries::default();
        let log = LogLayer::builder()
            .format(Format::Json)
            .writer(entries.clone())
            .filter("off,gusset::access=trace")
            .unwrap()
            .build_with(|_| None)
            .unwrap();
        let subscriber = tracing_subscriber::registry().with(log.layer);
        Self {
            entries,
            spans: Spans::default(),
            dispatch: Dispatch::new(subscriber),
            flush_guard: log.flush_guard,
            recorder: RecordingObserver::new(),
        }
    }

    /// Adds all signals to an instrumentation, which records into a new exporter by default.
    pub(crate) fn build<K>(&self, builder: InstrumentationBuilder<K>) -> Captured<K>
    where
        K: ServiceKind<Trace = TraceObserver, Log = AccessLog>,
    {
        let spans = self.spans.clone();
        builder
            .trace(|trace| trace.sink(spans))
            .log(|log| log)
            .observer(self.recorder.clone())
            .build_with(|_| None)
            .unwrap()
    }

    /// Runs calls with the subscriber of the log.
    pub(crate) fn run<T>(&self, calls: impl FnOnce() -> T) -> T {
        gusset_testkit::with_subscriber(self.dispatch.clone(), calls)
    }

    /// Removes and returns the access log entries.
    pub(crate) fn take_entries(&self) -> Vec<Value> {
        assert!(self.flush_guard.flush(Duration::from_secs(30)));
        let bytes = mem::take(&mut *self.entries.0.lock().unwrap());
        let entries = bytes.split(|byte| *byte == b'\n');
        entries
            .filter(|entry| !entry.is_empty())
            .map(|entry| serde_json::from_slice(entry).unwrap())
            .collect()
    }

    /// Removes and returns the spans.
    pub(crate) fn take_spans(&self) -> Vec<SpanData> {
        mem::take(&mut *self.spans.0.lock().unwrap())
    }
}

/// Returns the metrics of an instrumentation.
pub(crate) fn metrics<K: ServiceKind, O>(gusset: &Instrumentation<K, O>) -> Vec<Metric> {
    gusset.prometheus().recorder().metrics()
}

// === impl Entries ===

impl Write for Entries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Spans ===

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}
