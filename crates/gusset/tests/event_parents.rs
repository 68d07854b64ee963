//! Lines and records of events that name their parent have the ids of that span.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset::trace::current_span_context;
use gusset_data::{LogRecord, LogSink};
use http::{Request, Response};
use http_body_util::Empty;
use serde_json::Value;
use tower::{Layer as _, Service as _, service_fn};
use tracing::{Span, info, info_span};

type Body = Empty<&'static [u8]>;

/// Collects records, or the bytes of a log.
#[derive(Clone)]
struct Collected<T>(Arc<Mutex<Vec<T>>>);

impl<T> Collected<T> {
    fn new() -> Self {
        Self(Arc::default())
    }
}

impl LogSink for Collected<LogRecord> {
    fn export(&self, record: LogRecord) {
        self.0.lock().unwrap().push(record);
    }
}

impl Write for Collected<u8> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns the current span id as text.
fn current() -> String {
    current_span_context().map_or(String::new(), |span| span.span_id().to_string())
}

/// Returns what `work` returns inside of a call, and the span ids of lines and records, by message.
async fn logged(
    tracing_spans: bool,
    work: impl Fn() -> Vec<String>,
) -> (Vec<String>, [Vec<(String, String)>; 2]) {
    let (lines, records) = (Collected::new(), Collected::new());
    let (writer, sink) = (lines.clone(), records.clone());
    let telemetry = gusset::telemetry().log(|log| {
        log.format(gusset::log::Format::Json)
            .writer(writer)
            .sink(sink)
    });
    let telemetry = match tracing_spans {
        true => telemetry.with_tracing_spans(),
        false => telemetry,
    };
    // Spans are exported only to an endpoint; nothing listens there.
    let env = |name: &str| {
        (name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").then(|| "http://127.0.0.1:9".to_owned())
    };
    let telemetry = telemetry.build_with(env).unwrap();
    let handler = service_fn(async |_: Request<Body>| {
        let mut res = Response::new(Body::new());
        res.extensions_mut().insert(work());
        Ok::<_, Infallible>(res)
    });
    let mut service = telemetry.http().build().unwrap().layer().layer(handler);
    let guard = gusset_testkit::set_subscriber(telemetry.dispatch().clone());
    let Ok(mut res) = service.call(Request::new(Body::new())).await;
    let returned = res.extensions_mut().remove().unwrap();
    drop((res, guard));
    let _report = telemetry.shutdown(Duration::from_secs(1));

    let lines = lines.0.lock().unwrap();
    let lines = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    let lines = lines.map(|line| {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        (text("message"), text("span_id"))
    });
    let records = records.0.lock().unwrap();
    let records = records.iter().map(|record| {
        let id = record.span_id.map(u64::from_be_bytes);
        let id = id.map_or(String::new(), |id| format!("{id:016x}"));
        (record.body.to_string(), id)
    });
    (returned, [lines.collect(), records.collect()])
}

fn id_of<'a>(entries: &'a [(String, String)], message: &str) -> &'a str {
    let mut found = entries.iter().filter(|(text, _)| text == message);
    let (_, id) = found
        .next()
        .unwrap_or_else(|| panic!("no {message} in {entries:?}"));
    id
}

#[tokio::test]
async fn explicit_parent_gives_its_ids() {
    let (expected, signals) = logged(true, || {
        let (call, a, b) = (Span::current(), info_span!("a"), info_span!("b"));
        info!(parent: &a, "outside");
        let ids = b.in_scope(|| {
            info!(parent: &a, "inside another");
            info!(parent: &call, "of the call");
            info!("contextual");
            current()
        });
        vec![a.in_scope(current), ids, current()]
    })
    .await;
    let [a, b, call] = &expected[..] else {
        panic!("{expected:?}");
    };
    assert!(a != b && b != call && !a.is_empty());
    for entries in &signals {
        assert_eq!(id_of(entries, "outside"), a);
        assert_eq!(id_of(entries, "inside another"), a);
        assert_eq!(id_of(entries, "of the call"), call);
        assert_eq!(id_of(entries, "contextual"), b);
    }
}

#[tokio::test]
async fn no_parent_gives_no_ids() {
    for tracing_spans in [false, true] {
        let (_, signals) = logged(tracing_spans, || {
            info!(parent: None, "in a call");
            info_span!("a").in_scope(|| info!(parent: None, "in a span"));
            info!("contextual");
            Vec::new()
        })
        .await;
        for entries in &signals {
            assert_eq!(id_of(entries, "in a call"), "");
            assert_eq!(id_of(entries, "in a span"), "");
            assert_ne!(id_of(entries, "contextual"), "");
        }
    }
}
