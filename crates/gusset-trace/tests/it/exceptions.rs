//! What went wrong, told to a log.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use gusset_core::{ObserveLayer, Rejected, SpanIds};
use gusset_http::{Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::ScriptedBody;
use gusset_trace::Trace;
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::exported::*;
use crate::support::*;

/// An event of the target `gusset::exception`.
#[derive(Clone, Debug)]
struct Told {
    name: &'static str,
    level: tracing::Level,
    fields: HashMap<&'static str, String>,
    ids: Option<SpanIds>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Told>>>);

struct Fields(HashMap<&'static str, String>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() != "gusset::exception" {
            return;
        }
        let mut fields = Fields(HashMap::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(Told {
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

fn told(work: impl FnOnce()) -> Vec<Told> {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    tracing::subscriber::with_default(subscriber, work);
    let told = log.0.lock().unwrap();
    told.clone()
}

fn fail<R: HttpClassifier, E: 'static>(trace: Trace, mut error: impl FnMut() -> E) {
    let layer = ObserveLayer::<Http<R>, _>::new(trace);
    let mut service = layer.layer(tower_service_fn(|_: Request<()>| {
        std::future::ready(Err::<Response<ScriptedBody>, E>(error()))
    }));
    assert!(now(service.call(get("/"))).is_err());
}

fn server(spans: &Spans) -> Trace {
    built(Trace::server().export(spans.clone()))
}

#[test]
fn an_error_is_told_once_with_the_ids_of_its_call_and_not_its_text() {
    let spans = Spans::default();
    let told = told(|| {
        fail::<HttpServerClassifier, _>(server(&spans), || {
            io::Error::new(io::ErrorKind::TimedOut, "5ecret")
        });
    });
    let span = spans.only();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].name, "http.server.request.exception");
    assert_eq!(told[0].level, tracing::Level::ERROR);
    assert_eq!(told[0].fields["exception.type"], "timeout");
    let ids = told[0].ids.unwrap();
    assert_eq!(
        (ids.trace_id(), ids.span_id()),
        (span.trace_id, span.span_id)
    );
    assert!(!format!("{told:?}").contains("5ecret"));
    // A record, and no event of the span.
    assert!(span.events.is_empty());
    has(&span, &[("error.type", "timeout")]);
}

#[test]
fn a_client_s_error_is_a_warning() {
    let told = told(|| {
        fail::<HttpClientClassifier, _>(built(Trace::client()), || io::Error::other("x"));
    });
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].name, "http.client.request.exception");
    assert_eq!(told[0].level, tracing::Level::WARN);
}

#[test]
fn a_panic_and_a_body_that_breaks_off_are_told_too() {
    let told = told(|| {
        let layer = ObserveLayer::<Http, _>::new(built(Trace::server()));
        let mut service = layer.layer(tower_service_fn(|_: Request<()>| async {
            if true {
                panic!("on purpose");
            }
            Ok::<_, io::Error>(hello())
        }));
        let call = service.call(get("/"));
        assert!(catch_unwind(AssertUnwindSafe(|| now(call).is_ok())).is_err());
        exchange::<HttpServerClassifier, _>(built(Trace::server()), get("/"), |_| {
            Response::new(ScriptedBody::new().data("he").error())
        });
    });
    let types: Vec<_> = told
        .iter()
        .map(|told| &*told.fields["exception.type"])
        .collect();
    assert_eq!(types.len(), 2, "{types:?}");
    assert_eq!(types[0], "panic");
}

#[test]
fn answers_refusals_and_departures_are_no_exceptions() {
    let told = told(|| {
        for status in [200, 404, 500] {
            let trace = built(Trace::server());
            exchange::<HttpServerClassifier, _>(trace, get("/"), |_| with_status(status));
        }
        fail::<HttpServerClassifier, _>(built(Trace::server()), || Rejected::new("breaker"));
        abandoned(built(Trace::server()));
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn spans_bear_exceptions_too_if_the_environment_says_so() {
    const ENV: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
    let events = |value: &str| {
        let spans = Spans::default();
        let trace = built_with(Trace::server().export(spans.clone()), ENV, value);
        let told = told(|| fail::<HttpServerClassifier, _>(trace, || io::Error::other("x")));
        assert_eq!(told.len(), 1, "{value}");
        spans.only().events
    };
    assert!(events("logs").is_empty() && events("").is_empty() && events("nonsense").is_empty());
    let events = events("logs/dup");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, "exception");
    let expected = [("exception.type".into(), "_OTHER".into())];
    assert_eq!(events[0].attributes, expected);
}
