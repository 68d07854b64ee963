//! Exception events.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use gusset_core::{ObserveLayer, Rejected, SpanIds};
use gusset_data::SpanStatus;
use gusset_http::{
    GrpcClientClassifier, Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier,
};
use gusset_testkit::ScriptedBody;
use gusset_trace::TraceObserver;
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;
use tracing::field::{Field, Visit};
use tracing::span::{Id, Record};
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::exported::*;
use crate::support::*;

/// An event with the target `gusset::exception`.
#[derive(Clone, Debug)]
struct ExceptionEvent {
    name: &'static str,
    level: tracing::Level,
    fields: HashMap<&'static str, String>,
    ids: Option<SpanIds>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<ExceptionEvent>>>);

struct Fields(HashMap<&'static str, String>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() != "gusset::exception" {
            return;
        }
        let mut fields = Fields(HashMap::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(ExceptionEvent {
            name: metadata.name(),
            level: *metadata.level(),
            fields: fields.0,
            ids: SpanIds::current(),
        });
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

fn exception_events(work: impl FnOnce()) -> Vec<ExceptionEvent> {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    gusset_testkit::with_subscriber(subscriber, work);
    let events = log.0.lock().unwrap();
    events.clone()
}

fn fail<R: HttpClassifier, E: 'static>(trace: TraceObserver, mut error: impl FnMut() -> E) {
    let layer = ObserveLayer::<Http<R>, _>::new(trace);
    let mut service = layer.layer(tower_service_fn(|_: Request<()>| {
        std::future::ready(Err::<Response<ScriptedBody>, E>(error()))
    }));
    assert!(now(service.call(get("/"))).is_err());
}

fn server(spans: &Spans) -> TraceObserver {
    built(TraceObserver::server().sink(spans.clone()))
}

#[test]
fn error_event_has_ids_and_no_text() {
    let spans = Spans::default();
    let events = exception_events(|| {
        fail::<HttpServerClassifier, _>(server(&spans), || {
            io::Error::new(io::ErrorKind::TimedOut, "5ecret")
        });
    });
    let span = spans.only();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].name, "http.server.request.exception");
    assert_eq!(events[0].level, tracing::Level::ERROR);
    assert_eq!(events[0].fields["exception.type"], "timeout");
    let body = "the HTTP server call failed without a response";
    assert_eq!(events[0].fields["message"], body);
    assert_eq!(
        events[0].fields.len(),
        2,
        "no attribute without a registered name"
    );
    let ids = events[0].ids.unwrap();
    assert_eq!(
        (ids.trace_id(), ids.span_id()),
        (span.trace_id, span.span_id)
    );
    assert!(!format!("{events:?}").contains("5ecret"));
    // Only a log record, and not an event on the span.
    assert!(span.events.is_empty());
    has(&span, &[("error.type", "timeout")]);
}

#[test]
fn client_error_is_a_warning() {
    let events = exception_events(|| {
        fail::<HttpClientClassifier, _>(built(TraceObserver::client()), || io::Error::other("x"));
    });
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, "http.client.request.exception");
    assert_eq!(events[0].level, tracing::Level::WARN);
}

#[test]
fn message_of_client_errors_is_recorded_redacted() {
    const ENV: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
    let spans = Spans::default();
    let trace = TraceObserver::client().sink(spans.clone());
    let trace = built_with(trace, ENV, "logs/dup");
    let events = exception_events(|| {
        fail::<HttpClientClassifier, _>(trace, || io::Error::other("no http://u:s3cret@h/?s3cret"));
    });
    let message = "no http://REDACTED@h/?REDACTED";
    assert_eq!(events[0].fields["exception.message"], message);
    let span = spans.only();
    has(&span, &[("exception.message", message)]);
    assert_eq!(span.status, SpanStatus::Error(message.into()));
    let of_event = &span.events[0].attributes;
    assert!(of_event.contains(&("exception.message".into(), message.into())));
}

#[test]
fn message_of_grpc_clients_is_recorded() {
    let spans = Spans::default();
    let trace = TraceObserver::grpc_client().sink(spans.clone());
    fail::<GrpcClientClassifier, _>(built(trace), || io::Error::other("no disk"));
    has(&spans.only(), &[("exception.message", "no disk")]);
}

#[test]
fn message_of_server_errors_is_an_option() {
    for is_enabled in [true, false] {
        let spans = Spans::default();
        let trace = TraceObserver::server().sink(spans.clone());
        let trace = trace.exception_messages(is_enabled);
        fail::<HttpServerClassifier, _>(built(trace), || io::Error::other("no disk"));
        let text = format!("{:?}", spans.only());
        assert_eq!(text.contains("no disk"), is_enabled, "{text}");
    }
}

#[test]
fn message_has_the_length_limit_of_attributes() {
    let spans = Spans::default();
    let trace = TraceObserver::client().sink(spans.clone());
    let trace = built_with(trace, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7");
    fail::<HttpClientClassifier, _>(trace, || io::Error::other("no disk at all"));
    has(&spans.only(), &[("exception.message", "no disk")]);
}

#[test]
fn tracing_span_has_message_and_description() {
    let log = RecordedFields::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    gusset_testkit::with_subscriber(subscriber, || {
        fail::<HttpClientClassifier, _>(built(TraceObserver::client()), || {
            io::Error::other("no disk")
        });
    });
    let fields = log.0.lock().unwrap();
    assert_eq!(fields["exception.message"], "no disk");
    assert_eq!(fields["otel.status_description"], "no disk");
}

/// The fields that are recorded on spans after their start.
#[derive(Clone, Default)]
struct RecordedFields(Arc<Mutex<HashMap<&'static str, String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for RecordedFields {
    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields(HashMap::new());
        values.record(&mut fields);
        self.0.lock().unwrap().extend(fields.0);
    }
}

#[test]
fn panic_and_aborted_body_emit_events() {
    let events = exception_events(|| {
        let layer = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
        let mut service = layer.layer(tower_service_fn(|_: Request<()>| async {
            if true {
                panic!("on purpose");
            }
            Ok::<_, io::Error>(hello())
        }));
        let call = service.call(get("/"));
        assert!(catch_unwind(AssertUnwindSafe(|| now(call).is_ok())).is_err());
        exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), |_| {
            Response::new(ScriptedBody::new().data("he").error())
        });
    });
    let types: Vec<_> = events
        .iter()
        .map(|event| &*event.fields["exception.type"])
        .collect();
    assert_eq!(types.len(), 2, "{types:?}");
    assert_eq!(types[0], "panic");
}

#[test]
fn responses_rejections_and_cancellations_emit_nothing() {
    let events = exception_events(|| {
        for status in [200, 404, 500] {
            let trace = built(TraceObserver::server());
            exchange::<HttpServerClassifier, _>(trace, get("/"), |_| with_status(status));
        }
        fail::<HttpServerClassifier, _>(built(TraceObserver::server()), || {
            Rejected::new("breaker")
        });
        cancelled_call(built(TraceObserver::server()));
    });
    assert!(events.is_empty(), "{events:?}");
}

#[test]
fn environment_adds_exceptions_to_spans() {
    const ENV: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
    let events = |value: &str| {
        let spans = Spans::default();
        let trace = built_with(TraceObserver::server().sink(spans.clone()), ENV, value);
        let events =
            exception_events(|| fail::<HttpServerClassifier, _>(trace, || io::Error::other("x")));
        assert_eq!(events.len(), 1, "{value}");
        spans.only().events
    };
    assert!(events("logs").is_empty() && events("").is_empty() && events("nonsense").is_empty());
    let events = events("logs/dup");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, "exception");
    let expected = [("exception.type".into(), "_OTHER".into())];
    assert_eq!(events[0].attributes, expected);
}
