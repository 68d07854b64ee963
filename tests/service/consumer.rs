//! A consumer of messages has all three signals, and continues the trace of a message.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;

use gusset::field;
use gusset_data::{SpanData, SpanKind, SpanStatus};
use gusset_testkit::SharedOutput;
use gusset_tests::spans::{Spans, attribute};
use serde_json::Value;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{access_lines, set_up};

const TRACE: &str = "12345678901234567890123456789012";

/// A message.
#[derive(Default)]
struct Order {
    number: u32,
    headers: HashMap<String, String>,
}

impl Order {
    fn number(number: u32) -> Self {
        Self {
            number,
            ..Self::default()
        }
    }

    fn traced() -> Self {
        let traceparent = format!("00-{TRACE}-1234567890123456-01");
        let headers = [
            ("traceparent", traceparent),
            ("baggage", "tenant=blue".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value));
        Self {
            number: 1,
            headers: headers.into(),
        }
    }
}

/// What the messages left behind.
struct Signals {
    lines: Vec<Value>,
    spans: Vec<SpanData>,
    page: String,
}

/// Consumes a message in a service of all signals.
fn consume<F, E>(order: Order, work: impl Fn(Order) -> F + Clone) -> Signals
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error + 'static,
{
    let (spans, output) = (Spans::default(), SharedOutput::default());
    let log = gusset::log::LogLayer::builder()
        .format(gusset::log::Format::Json)
        .writer(output.clone())
        .build_with(|_| None)
        .unwrap();
    let sink = spans.clone();
    let gusset = gusset::message_consumer::<Order, ()>("channel")
        .destination(|_| Some("orders"))
        .headers(|order| &order.headers)
        .field("tenant", ["blue", "green"])
        .baggage_fields(["tenant"])
        .log(|log| log)
        .trace(|trace| trace.sink(sink))
        .build_with(|_| None)
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let run = || {
        let mut service = ServiceBuilder::new()
            .layer(gusset.layer())
            .service(service_fn(work));
        let call = Box::pin(service.call(order));
        // It is ready, or cancelled.
        let _ = futures_util::FutureExt::now_or_never(call);
    };
    let run = || gusset_testkit::with_subscriber(subscriber, run);
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    assert!(log.flush_guard.flush(std::time::Duration::from_secs(30)));
    Signals {
        lines: access_lines(&output),
        spans: spans.all(),
        page: gusset.prometheus().endpoint().render(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn message_has_line_span_and_metrics() {
    let signals = consume(Order::number(1), async |_| Ok::<_, Infallible>(()));
    let [line] = &signals.lines[..] else {
        panic!("{:?}", signals.lines)
    };
    let [span] = &signals.spans[..] else {
        panic!("{:?}", signals.spans)
    };
    assert_eq!(line["message"], "process orders success");
    assert_eq!(line["level"], "INFO");
    assert!(line["messaging.process.duration"].is_f64(), "{line}");
    assert_eq!(
        (span.kind, &*span.name),
        (SpanKind::Consumer, "process orders")
    );
    for (name, value) in [
        ("messaging.system", "channel"),
        ("messaging.operation.name", "process"),
        ("messaging.destination.name", "orders"),
        ("gusset.outcome", "success"),
    ] {
        assert_eq!(line[name], value, "{line}");
        assert_eq!(attribute(span, name).as_deref(), Some(value), "{span:?}");
        let label = format!("{}=\"{value}\"", name.replace('.', "_"));
        assert!(signals.page.contains(&label), "{}", signals.page);
    }
    let operation = attribute(span, "messaging.operation.type");
    assert_eq!(operation.as_deref(), Some("process"));
    assert_eq!(line["trace_id"], hex(&span.trace_id));
    assert_eq!(line["span_id"], hex(&span.span_id));
    assert_eq!(span.parent_span_id, None);
    let duration = "messaging_process_duration_seconds_count";
    assert!(signals.page.contains(duration), "{}", signals.page);
}

#[test]
fn trace_in_the_headers_is_continued() {
    let signals = consume(Order::traced(), async |_| Ok::<_, Infallible>(()));
    let span = &signals.spans[0];
    assert_eq!(hex(&span.trace_id), TRACE);
    assert_eq!(hex(&span.parent_span_id.unwrap()), "1234567890123456");
    assert!(span.parent_is_remote);
    assert_eq!(signals.lines[0]["trace_id"], TRACE);
}

#[test]
fn own_fields_and_listed_baggage_are_in_all_signals() {
    let work = async |_| {
        field::high("order.id", "o-4711");
        Ok::<_, Infallible>(())
    };
    let signals = consume(Order::traced(), work);
    for (name, value) in [("tenant", "blue"), ("order.id", "o-4711")] {
        assert_eq!(signals.lines[0][name], value);
        assert_eq!(attribute(&signals.spans[0], name).as_deref(), Some(value));
    }
    assert!(signals.page.contains("tenant=\"blue\""), "{}", signals.page);
    assert!(!signals.page.contains("o-4711"), "{}", signals.page);
}

#[test]
fn outcomes_agree_in_all_signals() {
    let work = async |order: Order| match order.number {
        1 => Err(io::Error::from(io::ErrorKind::TimedOut)),
        2 => std::future::pending().await,
        _ => panic!("on purpose"),
    };
    for (number, outcome) in [(1, "server_error"), (2, "cancelled"), (3, "server_error")] {
        let signals = consume(Order::number(number), work);
        let (line, span) = (&signals.lines[0], &signals.spans[0]);
        assert_eq!(line["gusset.outcome"], outcome, "{line}");
        assert_eq!(attribute(span, "gusset.outcome").as_deref(), Some(outcome));
        let error = line.get("error.type").and_then(Value::as_str);
        assert_eq!(attribute(span, "error.type").as_deref(), error);
        let is_error = matches!(span.status, SpanStatus::Error(_));
        assert_eq!(is_error, error.is_some(), "{span:?}");
        assert!(line.get("gusset.stage").is_none(), "{line}");
        let label = format!("gusset_outcome=\"{outcome}\"");
        assert!(signals.page.contains(&label), "{}", signals.page);
        if let Some(error) = error {
            let label = format!("error_type=\"{error}\"");
            assert!(signals.page.contains(&label), "{}", signals.page);
        }
    }
}

#[test]
fn work_on_a_message_has_its_trace() {
    let work = async |_| {
        let current = gusset::trace::current_span_context().unwrap();
        assert_eq!(current.trace_id().to_string(), TRACE);
        Ok::<_, Infallible>(())
    };
    let signals = consume(Order::traced(), work);
    assert_eq!(signals.lines[0]["gusset.outcome"], "success");
}

#[test]
fn panicking_functions_are_contained() {
    let gusset = gusset::message_consumer::<u32, ()>("channel")
        .destination(|_| panic!("on purpose"))
        .headers::<_, HashMap<String, String>>(|_| panic!("on purpose"))
        .log(|log| log)
        .trace(|trace| trace)
        .build_with(|_| None)
        .unwrap();
    let mut service = ServiceBuilder::new()
        .layer(gusset.layer())
        .service(service_fn(async |_| Ok::<_, Infallible>(())));
    let called = futures_util::FutureExt::now_or_never(service.call(7));
    assert_eq!(called, Some(Ok(())));
}

#[tokio::test]
async fn consumer_of_the_whole_has_line_trace_and_metrics() {
    let (gusset, output) = set_up();
    let layer = gusset.consumer_with_headers("orders", |order: &Order| &order.headers);
    let service = ServiceBuilder::new()
        .layer(layer)
        .service(service_fn(async |_: Order| Ok::<_, Infallible>(())));
    service.oneshot(Order::traced()).await.unwrap();
    let plain = ServiceBuilder::new()
        .layer(gusset.consumer("returns"))
        .service(service_fn(async |_: Order| Ok::<_, Infallible>(())));
    plain.oneshot(Order::traced()).await.unwrap();
    assert!(gusset.flush(std::time::Duration::from_secs(30)));
    let lines = access_lines(&output);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["messaging.destination.name"], "orders");
    assert_eq!(lines[0]["trace_id"], TRACE);
    assert_eq!(lines[1]["messaging.destination.name"], "returns");
    assert!(lines[1]["trace_id"].is_string() && lines[1]["trace_id"] != TRACE);
    let page = gusset.telemetry().prometheus().endpoint().render();
    for queue in ["orders", "returns"] {
        let label = format!("messaging_destination_name=\"{queue}\"");
        assert!(page.contains(&label), "{page}");
    }
}
