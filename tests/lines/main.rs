//! The log and the spans of one service: who makes what, and that lines tell where they belong.
//!
//! One test in a program of its own: what `tracing` caches of one test's interest in a span reaches another
//! that runs meanwhile.

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

/// What was written.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pages = self.0.lock().expect("nobody panics with it");
        pages.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A subscriber whose spans are counted.
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

/// How many spans one call makes under that filter, and its lines.
fn call(filter: &str) -> (usize, Vec<Value>) {
    let (pages, spans) = (Pages::default(), Arc::default());
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(pages.clone())
        .filter(filter)
        .expect("a filter")
        .build_with(|_| None)
        .expect("by convention");
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let access = AccessLog::server()
        .build_with(|_| None)
        .expect("by convention");
    let trace = TraceObserver::server().build().expect("by convention");
    let handle = || async {
        tracing::info!("in the handler");
        "hello"
    };
    let app: Router = Router::new()
        .route("/items/{id}", get(handle))
        .layer(ObserveLayer::<Http, _>::new((access, trace)));
    let counting = Counting(subscriber, Arc::clone(&spans));
    tracing::subscriber::with_default(counting, || {
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
    assert!(log.flush_guard.flush(Duration::from_secs(30)), "all is written");
    let pages = pages.0.lock().expect("nobody panics with it");
    let lines = String::from_utf8_lossy(&pages);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    (spans.load(Ordering::Relaxed), lines.collect())
}

#[test]
fn spans_of_calls_are_made_only_where_a_filter_names_them_and_lines_bear_the_ids() {
    let (spans, lines) = call("info");
    assert_eq!(spans, 0);
    let [inside, access] = &lines[..] else {
        panic!("two lines: {lines:?}");
    };
    assert_eq!(inside["message"], "in the handler");
    assert_eq!(access["message"], "GET /items/{id} 200");
    for key in ["trace_id", "span_id"] {
        assert!(inside[key].is_string(), "{inside}");
        assert_eq!(inside[key], access[key]);
    }

    let (spans, lines) = call("info,gusset::trace=info");
    assert_eq!(spans, 1);
    assert_eq!(lines[0]["spans"][0]["name"], "http.server");
    assert!(lines[1]["trace_id"].is_string());
}
