//! Sinks of the service for spans and log records.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use gusset::data::{LogRecord, LogSink, QueuedSink, SpanData, SpanSink, Tee};
use gusset::{Clock, Telemetry};
use http::Request;
use tower::ServiceExt as _;

use crate::{collector, set_up};

/// A time that is over only if a test fails.
const LONG: Duration = Duration::from_secs(60);
/// More than a queue takes.
const CALLS: usize = 3000;

/// Keeps the number and the threads of what it gets.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(String, ThreadId)>>>);

impl Kept {
    fn all(&self) -> Vec<String> {
        let kept = self.0.lock().unwrap();
        kept.iter().map(|(text, _)| text.clone()).collect()
    }

    fn keep(&self, text: &str) {
        let item = (text.to_owned(), thread::current().id());
        self.0.lock().unwrap().push(item);
    }
}

impl SpanSink for Kept {
    fn export(&self, span: SpanData) {
        self.keep(&span.name);
    }
}

impl LogSink for Kept {
    fn export(&self, record: LogRecord) {
        if record.scope == "gusset::access" {
            self.keep(&record.body);
        }
    }
}

/// Stuck until the test drops the other end of the channel.
struct Stuck {
    started: Arc<AtomicU64>,
    until: Mutex<Receiver<()>>,
}

impl Stuck {
    fn new() -> (Self, Sender<()>) {
        let (go, until) = mpsc::channel();
        let stuck = Self {
            started: Arc::default(),
            until: Mutex::new(until),
        };
        (stuck, go)
    }

    fn wait(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
        let _ = self.until.lock().unwrap().recv();
    }
}

impl SpanSink for Stuck {
    fn export(&self, _: SpanData) {
        self.wait();
    }
}

impl LogSink for Stuck {
    fn export(&self, _: LogRecord) {
        self.wait();
    }
}

/// Makes calls of a server on this thread.
async fn calls(telemetry: &Telemetry, calls: usize) {
    let server = telemetry.http().build().unwrap();
    let app = Router::new()
        .route("/items/{id}", get(async || "a thing"))
        .layer(server.layer());
    for _ in 0..calls {
        let request = Request::get("/items/7").body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
    }
}

/// Makes calls with the subscriber of the telemetry.
fn run(telemetry: &Telemetry, count: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    gusset_testkit::with_subscriber(telemetry.dispatch().clone(), || {
        runtime.block_on(calls(telemetry, count));
    });
}

fn wait_until(is_so: impl Fn() -> bool) {
    let clock = Clock::system();
    let limit = clock.now() + LONG;
    while !is_so() {
        assert!(clock.now() < limit, "never so");
        thread::yield_now();
    }
}

#[test]
fn sinks_receive_the_same_as_a_collector() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (endpoint, received) = runtime.block_on(collector());
    let env = move |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.clone()),
        "OTEL_EXPORTER_OTLP_PROTOCOL" => Some("http/json".to_owned()),
        "OTEL_METRICS_EXPORTER" => Some("none".to_owned()),
        _ => None,
    };
    let spans = [Kept::default(), Kept::default()];
    let logs = [Kept::default(), Kept::default()];
    let (telemetry, _output) = set_up();
    let telemetry = telemetry.spans(spans[0].clone()).spans(spans[1].clone());
    let telemetry = telemetry.logs(logs[0].clone()).logs(logs[1].clone());
    let telemetry = telemetry.build_with(env).unwrap();
    run(&telemetry, 3);
    let report = telemetry.shutdown(LONG);
    assert_eq!((report.dropped(), report.completed_in_time()), (0, true));

    let expected = vec!["GET /items/{id}".to_owned(); 3];
    for kept in &spans {
        assert_eq!(kept.all(), expected);
    }
    let bodies = logs[0].all();
    assert_eq!(bodies.len(), 3);
    assert_eq!(logs[1].all(), bodies);
    let received = received.lock().unwrap();
    let of = |path: &str, list: [&str; 3]| super::all(&received, path, list).len();
    assert_eq!(
        of("/v1/traces", ["resourceSpans", "scopeSpans", "spans"]),
        3
    );
    let of_logs = ["resourceLogs", "scopeLogs", "logRecords"];
    assert!(of("/v1/logs", of_logs) >= 3);
}

#[test]
fn stuck_sink_holds_neither_calls_nor_the_other_sink() {
    let (stuck_spans, go_spans) = Stuck::new();
    let (stuck_logs, go_logs) = Stuck::new();
    let started = [stuck_spans.started.clone(), stuck_logs.started.clone()];
    let (spans, logs) = (Kept::default(), Kept::default());
    let (telemetry, _output) = set_up();
    let telemetry = telemetry.spans(stuck_spans).spans(spans.clone());
    let telemetry = telemetry.logs(logs.clone()).logs(stuck_logs);
    let telemetry = telemetry.build_with(|_| None).unwrap();
    let page = telemetry.prometheus().endpoint();
    run(&telemetry, 1);
    wait_until(|| {
        let started = started.each_ref();
        started.map(|it| it.load(Ordering::Relaxed)) == [1, 1]
    });
    for round in 1..CALLS / 500 {
        run(&telemetry, 500);
        let is_taken = |kept: &Kept| kept.all().len() == 1 + round * 500;
        wait_until(|| is_taken(&spans) && is_taken(&logs));
    }
    let total = 1 + (CALLS / 500 - 1) * 500;

    let clock = Clock::system();
    let begun = clock.now();
    let report = telemetry.shutdown(Duration::from_millis(200));
    assert!(clock.now() - begun < LONG, "the deadline is kept");
    assert!(!report.completed_in_time());
    // Everything of the stuck one but what is in its hand and its queue is lost; the rest is not delivered.
    let lost = total - 1 - 2048;
    assert_eq!(spans.all().len(), total);
    assert_eq!(logs.all().len(), total);
    let page = page.render();
    // The number of items that a queue dropped.
    let dropped = |signal: &str, number: usize| -> usize {
        let metric = format!("otel_sdk_processor_{signal}_processed_total{{");
        let name = format!("otel_component_name=\"queued_{signal}_processor/{number}\"");
        let mut lines = page.lines().filter(|line| line.starts_with(&metric));
        let line = lines.find(|line| line.contains("queue_full") && line.contains(&name));
        let line = line.unwrap_or_else(|| panic!("{metric} {name} in {page}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let of = |signal| [dropped(signal, 0), dropped(signal, 1)];
    assert_eq!(of("span"), [lost, 0]);
    let [of_other, of_stuck] = of("log");
    assert_eq!(of_other, 0);
    // Besides those of calls, some records about the start.
    assert!((lost..lost + 20).contains(&of_stuck), "{of_stuck}");
    // Of both signals.
    assert!(report.not_taken_by_sinks() >= 2 * (total as u64 - 1));
    assert!(report.to_string().contains("not taken"), "{report}");
    drop((go_spans, go_logs));
}

#[test]
fn single_sink_is_called_on_the_thread_of_the_call() {
    let (spans, logs) = (Kept::default(), Kept::default());
    let (telemetry, _output) = set_up();
    let telemetry = telemetry.spans(spans.clone()).logs(logs.clone());
    let telemetry = telemetry.build_with(|_| None).unwrap();
    run(&telemetry, 1);
    for kept in [&spans, &logs] {
        let kept = kept.0.lock().unwrap();
        let threads: Vec<_> = kept.iter().map(|(_, thread)| *thread).collect();
        assert_eq!(threads, [thread::current().id()]);
    }
}

#[test]
fn flush_waits_for_the_sinks() {
    /// Buffers until it is flushed.
    #[derive(Clone, Default)]
    struct Buffering {
        buffered: Arc<AtomicU64>,
        delivered: Arc<AtomicU64>,
    }
    impl SpanSink for Buffering {
        fn export(&self, _: SpanData) {
            self.buffered.fetch_add(1, Ordering::Relaxed);
        }
        fn flush(&self, _: Duration) -> bool {
            let buffered = self.buffered.swap(0, Ordering::Relaxed);
            self.delivered.fetch_add(buffered, Ordering::Relaxed);
            true
        }
    }
    for is_shared in [false, true] {
        let (sink, other) = (Buffering::default(), Kept::default());
        let (telemetry, _output) = set_up();
        let telemetry = telemetry.spans(sink.clone());
        let telemetry = match is_shared {
            true => telemetry.spans(other),
            false => telemetry,
        };
        let telemetry = telemetry.build_with(|_| None).unwrap();
        let delivered = || sink.delivered.load(Ordering::Relaxed);
        run(&telemetry, 2);
        assert!(telemetry.flush(LONG));
        assert_eq!(delivered(), 2);
        run(&telemetry, 1);
        // Without a shutdown too.
        drop(telemetry);
        assert_eq!(delivered(), 3);
    }
}

#[test]
fn tee_of_the_service_gets_no_second_queue() {
    let kept = [Kept::default(), Kept::default()];
    let [first, second] = kept.clone();
    let (telemetry, _output) = set_up();
    let tee: Tee<SpanData> = Tee::new(first, second);
    let telemetry = telemetry.spans(tee.clone()).build_with(|_| None).unwrap();
    run(&telemetry, 2);
    assert!(tee.flush(LONG));
    assert_eq!(kept.map(|kept| kept.all().len()), [2, 2]);
    assert!(
        !telemetry
            .prometheus()
            .endpoint()
            .render()
            .contains("queued_span")
    );
}

#[test]
fn layer_has_sinks_of_its_own_beside_those_of_all() {
    let (of_all, of_layer) = (Kept::default(), Kept::default());
    let (telemetry, _output) = set_up();
    let telemetry = telemetry.spans(of_all.clone());
    let telemetry = telemetry.build_with(|_| None).unwrap();
    let queue: QueuedSink<SpanData> = QueuedSink::new(of_layer.clone());
    let client = telemetry.http_client().spans(queue.clone());
    let client = client.build().unwrap().layer();
    let send = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let client = tower::ServiceBuilder::new().layer(client).service(send);
    let request = Request::get("http://a.example/")
        .body(Body::empty())
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let response = client.oneshot(request).await.unwrap();
        to_bytes(Body::new(response.into_body()), usize::MAX)
            .await
            .unwrap();
    });
    run(&telemetry, 1);
    assert!(queue.flush(LONG) && telemetry.flush(LONG));
    assert_eq!(of_layer.all(), ["GET"]);
    assert_eq!(of_all.all(), ["GET", "GET /items/{id}"]);
}

#[test]
fn instrumentation_alone_has_sinks() {
    let kept = [Kept::default(), Kept::default()];
    let [first, second] = kept.clone();
    let queues: [QueuedSink<SpanData>; 2] = [QueuedSink::new(first), QueuedSink::new(second)];
    let server = gusset::http()
        .spans(queues[0].clone())
        .spans(queues[1].clone())
        .build()
        .unwrap();
    let app = Router::new()
        .route("/items/{id}", get(async || "a thing"))
        .layer(server.layer());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let request = Request::get("/items/7").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        to_bytes(response.into_body(), usize::MAX).await.unwrap();
    });
    assert!(queues.iter().all(|queue| queue.flush(LONG)));
    for kept in kept {
        assert_eq!(kept.all(), ["GET /items/{id}"]);
    }
}
