//! The log and the spans of one service.
//!
//! One test in its own process, because `tracing` caches the interest in a span for all tests.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gusset::ObserveLayer;
use gusset::trace::TraceObserver;
use gusset_http::Http;
use gusset_log::{AccessLog, Format, LogLayer};
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;

/// The written bytes.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().expect("the lock is not poisoned");
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A subscriber that counts its spans.
struct Counting<S>(S, Arc<AtomicUsize>);

impl<S: Subscriber> Subscriber for Counting<S> {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.0.on_register_dispatch(subscriber);
    }
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.register_callsite(metadata)
    }
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.new_span(attributes)
    }
    fn record(&self, id: &Id, values: &Record<'_>) {
        self.0.record(id, values);
    }
    fn record_follows_from(&self, id: &Id, follows: &Id) {
        self.0.record_follows_from(id, follows);
    }
    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.0.event_enabled(event)
    }
    fn event(&self, event: &Event<'_>) {
        self.0.event(event);
    }
    fn enter(&self, id: &Id) {
        self.0.enter(id);
    }
    fn exit(&self, id: &Id) {
        self.0.exit(id);
    }
    fn clone_span(&self, id: &Id) -> Id {
        self.0.clone_span(id)
    }
    fn try_close(&self, id: Id) -> bool {
        self.0.try_close(id)
    }
    fn current_span(&self) -> tracing_core::span::Current {
        self.0.current_span()
    }
}

/// Makes one call with this filter. Returns the number of spans, and the log entries.
fn call(filter: &str) -> (usize, Vec<Value>) {
    let (buffer, spans) = (LogBuffer::default(), Arc::default());
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(buffer.clone())
        .filter(filter)
        .expect("a filter")
        .build_with(|_| None)
        .expect("the defaults are valid");
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let access = AccessLog::server()
        .build_with(|_| None)
        .expect("the defaults are valid");
    let trace = TraceObserver::server()
        .build()
        .expect("the defaults are valid");
    let handle = || async {
        tracing::info!("in the handler");
        "hello"
    };
    let app: Router = Router::new()
        .route("/items/{id}", get(handle))
        .layer(ObserveLayer::<Http, _>::new((access, trace)));
    let counting = Counting(subscriber, Arc::clone(&spans));
    gusset_testkit::with_subscriber(counting, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(async {
            let request = Request::get("/items/1")
                .body(Body::empty())
                .expect("a request");
            let response = app.oneshot(request).await.expect("infallible");
            let body = response.into_body().collect().await.expect("a body");
            assert_eq!(body.to_bytes(), "hello");
        });
    });
    assert!(
        log.flush_guard.flush(Duration::from_secs(30)),
        "all entries are written"
    );
    let buffer = buffer.0.lock().expect("the lock is not poisoned");
    let entries = String::from_utf8_lossy(&buffer);
    let entries = entries
        .lines()
        .map(|entry| serde_json::from_str(entry).expect("JSON"));
    (spans.load(Ordering::Relaxed), entries.collect())
}

#[test]
fn filter_enables_call_spans_and_entries_have_ids() {
    let (spans, entries) = call("info");
    assert_eq!(spans, 0);
    let [inside, access] = &entries[..] else {
        panic!("two entries: {entries:?}");
    };
    assert_eq!(inside["message"], "in the handler");
    assert_eq!(access["message"], "GET /items/{id} 200");
    for key in ["trace_id", "span_id"] {
        assert!(inside[key].is_string(), "{inside}");
        assert_eq!(inside[key], access[key]);
    }

    let (spans, entries) = call("info,gusset::trace=info");
    assert_eq!(spans, 1);
    assert_eq!(entries[0]["spans"][0]["name"], "http.server");
    assert!(entries[1]["trace_id"].is_string());
}
