//! One span for each call, by the conventions, to the end of the call.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, SpanIds};
use gusset_http::{
    Http, HttpClientClassifier, HttpServerClassifier, RequestHead, Route, TrustedProxies,
};
use gusset_testkit::{ScriptedBody, observer_contract};
use gusset_trace::{ResendCount, SpanId, Trace, TraceBuilder, current};
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

observer_contract!(a_server_s_spans_keep_the_contract, built(Trace::server()));
observer_contract!(a_client_s_spans_keep_the_contract, built(Trace::client()));

fn get(uri: &str) -> Request<()> {
    let req = Request::get(uri).header("host", "shop.example:8080");
    req.header("traceparent", VALID).body(()).unwrap()
}

/// The span of a server that answers so.
fn server(req: Request<()>, answer: impl FnMut(Request<()>) -> Response<ScriptedBody>) -> Kept {
    let mut spans = Keeper::during(|_| {
        exchange::<HttpServerClassifier, _>(built(Trace::server()), req, answer);
    });
    assert_eq!(spans.len(), 1);
    assert!(spans[0].closed);
    spans.remove(0)
}

fn client(req: Request<()>, status: u16) -> Kept {
    let mut spans = Keeper::during(|_| {
        exchange::<HttpClientClassifier, _>(built(Trace::client()), req, |_| with_status(status));
    });
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[test]
fn a_server_s_span_is_by_the_conventions() {
    let mut req = get("/items/7?token=secret");
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let span = server(req, |_| hello());
    span.has(&[
        ("otel.name", "GET /items/{id}"),
        ("otel.kind", "server"),
        ("trace_id", TRACE),
        ("parent_span_id", PARENT),
        ("trace_flags", "01"),
        ("http.request.method", "GET"),
        ("http.route", "/items/{id}"),
        ("http.response.status_code", "200"),
        ("url.path", "/items/7"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("server.port", "8080"),
        ("network.protocol.version", "1.1"),
        ("gusset.outcome", "success"),
    ]);
    span.lacks(&[
        "error.type",
        "otel.status_code",
        "url.query",
        "user_agent.original",
        "http.request.method_original",
        "gusset.stage",
    ]);
    assert_eq!(span.name, "http.server");
}

#[test]
fn what_is_known_at_the_start_is_there_for_the_sampler() {
    let mut req = get("/items/7");
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let span = server(req, |_| hello());
    let mut later: Vec<&str> = span.fields.keys().map(String::as_str).collect();
    later.retain(|name| !span.start.contains_key(*name));
    later.sort_unstable();
    assert_eq!(later, ["gusset.outcome", "http.response.status_code"]);
}

#[test]
fn a_route_that_is_matched_further_in_names_the_span() {
    let span = server(get("/items/7"), |_| {
        let mut res = hello();
        res.extensions_mut().insert(Route::new("/items/{id}"));
        res
    });
    assert_eq!(span.start["otel.name"], "GET");
    span.has(&[
        ("otel.name", "GET /items/{id}"),
        ("http.route", "/items/{id}"),
    ]);
}

#[test]
fn the_caller_s_address_is_there_behind_trusted_proxies_alone() {
    let span = |builder: TraceBuilder| {
        let mut req = get("/");
        let forged = "6.6.6.6, 1.1.1.1".parse().unwrap();
        req.headers_mut().insert("x-forwarded-for", forged);
        Keeper::during(|_| exchange::<HttpServerClassifier, _>(built(builder), req, |_| hello()))
            .remove(0)
    };
    span(Trace::server()).lacks(&["client.address"]);
    let one = TrustedProxies::count(NonZeroUsize::new(1).unwrap());
    span(Trace::server().trusted_proxies(one)).has(&[("client.address", "1.1.1.1")]);
}

#[test]
fn a_method_that_is_not_known_stands_in_no_name() {
    let req = Request::builder().method("BREW").uri("/").body(()).unwrap();
    let span = server(req, |_| hello());
    span.has(&[
        ("otel.name", "HTTP"),
        ("http.request.method", "_OTHER"),
        ("http.request.method_original", "BREW"),
    ]);
}

#[test]
fn a_server_s_fault_is_an_error_and_a_caller_s_is_not() {
    let span = server(get("/"), |_| with_status(503));
    span.has(&[
        ("otel.status_code", "ERROR"),
        ("error.type", "503"),
        ("gusset.outcome", "server_error"),
    ]);
    let span = server(get("/"), |_| with_status(404));
    span.has(&[
        ("gusset.outcome", "client_error"),
        ("http.response.status_code", "404"),
    ]);
    span.lacks(&["otel.status_code", "error.type"]);
}

#[test]
fn for_a_client_4xx_is_an_error() {
    let span = client(get("http://shop.example/"), 404);
    span.has(&[("otel.status_code", "ERROR"), ("error.type", "404")]);
    client(get("http://shop.example/"), 301).lacks(&["otel.status_code", "error.type"]);
}

#[test]
fn a_client_s_span_is_by_the_conventions() {
    let mut req = get("https://me:secret@shop.example/items/7?token=secret");
    req.extensions_mut().insert(ResendCount(2));
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let span = client(req, 200);
    span.has(&[
        ("otel.name", "GET /items/{id}"),
        ("otel.kind", "client"),
        ("http.request.method", "GET"),
        ("http.request.resend_count", "2"),
        ("url.full", "https://REDACTED:REDACTED@shop.example/items/7"),
        ("url.template", "/items/{id}"),
        ("server.address", "shop.example"),
        ("server.port", "443"),
        ("network.protocol.version", "1.1"),
    ]);
    span.lacks(&["http.route", "url.path", "parent_span_id"]);
    assert!(!span.start.contains_key("network.protocol.version"));
    assert_ne!(span.fields["trace_id"], TRACE);
}

#[test]
fn an_abandoned_call_is_no_error_and_says_how_far_it_came() {
    let spans = Keeper::during(|_| {
        let layer = ObserveLayer::<Http, _>::new(built(Trace::server()));
        let body = || ScriptedBody::new().data("a").pending().data("b");
        let mut service = layer.layer(Answer(move |_: Request<()>| Response::new(body())));
        drop(service.call(get("/")));
        let Ok(res) = now(service.call(get("/")));
        drop(res);
    });
    for (span, stage) in spans.iter().zip(["head", "body"]) {
        span.has(&[("gusset.outcome", "cancelled"), ("gusset.stage", stage)]);
        span.lacks(&["otel.status_code", "error.type"]);
        assert!(span.closed);
    }
}

#[test]
fn a_call_that_unwinds_is_an_error_and_the_thread_is_nowhere_again() {
    let spans = Keeper::during(|_| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            exchange::<HttpServerClassifier, _>(built(Trace::server()), get("/"), |_| {
                assert!(current().is_some());
                std::panic::resume_unwind(Box::new("thrown"))
            });
        }));
        assert!(unwound.is_err());
        assert!(current().is_none());
        assert!(tracing::Span::current().is_none());
    });
    spans[0].has(&[
        ("otel.status_code", "ERROR"),
        ("error.type", "panic"),
        ("gusset.outcome", "server_error"),
    ]);
}

#[test]
fn a_span_lasts_to_the_end_of_the_body() {
    let spans = Keeper::during(|keeper| {
        let layer = ObserveLayer::<Http, _>::new(built(Trace::server()));
        let mut service = layer.layer(Answer(|_: Request<()>| hello()));
        let Ok(res) = now(service.call(get("/")));
        assert!(!keeper.spans()[0].closed);
        drain(res.into_body());
    });
    assert!(spans[0].closed);
}

#[test]
fn the_handler_is_at_the_place_that_the_span_says() {
    let mut seen = None;
    let span = server(get("/"), |_| {
        seen = current();
        hello()
    });
    let seen = seen.unwrap();
    span.has(&[
        ("trace_id", &seen.trace_id().to_string()),
        ("span_id", &seen.span_id().to_string()),
    ]);
    assert!(current().is_none());
}

#[test]
fn the_other_observers_of_a_call_are_told_its_ids() {
    let (ids, seen) = (Ids::default(), Ids::default());
    let observer = (ids.clone(), built(Trace::server()), seen.clone());
    let span =
        Keeper::during(|_| exchange::<HttpServerClassifier, _>(observer, get("/"), |_| hello()));
    for found in [ids, seen] {
        let found = found.0.lock().unwrap().unwrap();
        let span_id = SpanId::from_bytes(found.span_id()).unwrap().to_string();
        span[0].has(&[("trace_id", TRACE), ("span_id", &span_id)]);
        assert!(found.is_sampled());
    }
}

/// Keeps the ids that it is told at the end.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<Option<SpanIds>>>);

impl Observer<Http> for Ids {
    type Call = Self;
    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) -> Self {
        self.clone()
    }
}

impl CallObserver<Http> for Ids {
    fn on_end(self, _: End<'_, Http>, cx: &CallContext) {
        *self.0.lock().unwrap() = cx.trace();
    }
}

#[test]
fn without_a_subscriber_the_trace_goes_on_all_the_same() {
    let mut seen = None;
    exchange::<HttpServerClassifier, _>(built(Trace::server()), get("/"), |_| {
        seen = current();
        hello()
    });
    assert_eq!(seen.unwrap().trace_id().to_string(), TRACE);
}

#[test]
fn spans_of_the_handler_nest_below_the_call_s() {
    let spans = Keeper::during(|_| {
        exchange::<HttpServerClassifier, _>(built(Trace::server()), get("/"), |_| {
            assert_eq!(
                tracing::Span::current().metadata().unwrap().name(),
                "http.server"
            );
            tracing::info_span!("inner").in_scope(hello)
        });
    });
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.closed));
}

#[test]
fn of_two_layers_round_one_call_the_outer_makes_the_span() {
    let trace = built(Trace::server());
    let spans = Keeper::during(|_| {
        exchange::<HttpServerClassifier, _>((trace.clone(), trace), get("/"), |_| hello());
    });
    // In a tuple both start outside of any call; in two layers the inner starts inside.
    assert_eq!(spans.len(), 2);
    let trace = built(Trace::server());
    let spans = Keeper::during(|_| {
        let layer = ObserveLayer::<Http, _>::new(trace);
        let mut service = layer.layer(layer.layer(Answer(|_: Request<()>| hello())));
        let Ok(res) = now(service.call(get("/")));
        drain(res.into_body());
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn a_task_that_is_spawned_is_at_the_place_of_its_call() {
    let mut task = None;
    let spans = Keeper::during(|_| {
        exchange::<HttpServerClassifier, _>(built(Trace::server()), get("/"), |_| {
            let place = async { (current(), tracing::Span::current().is_none()) };
            task = Some(gusset_trace::carry(place));
            hello()
        });
        let (place, nowhere) = now(task.take().unwrap());
        assert_eq!(place.unwrap().trace_id().to_string(), TRACE);
        assert!(!nowhere);
        assert!(current().is_none());
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn a_trace_that_nobody_reads_is_said_once() {
    Keeper::during(|keeper| {
        let trace = built(Trace::server());
        for _ in 0..3 {
            let b3 = format!("{TRACE}-{PARENT}-1");
            let req = Request::get("/").header("b3", b3).body(()).unwrap();
            exchange::<HttpServerClassifier, _>(trace.clone(), req, |_| hello());
            exchange::<HttpServerClassifier, _>(trace.clone(), Request::new(()), |_| hello());
        }
        let events = keeper.events();
        assert_eq!(events.len(), 1);
        assert!(events[0].contains("OTEL_PROPAGATORS"));
        assert!(!events[0].contains(TRACE));
    });
}

#[test]
fn wrong_configuration_names_the_variable() {
    for name in [
        "OTEL_PROPAGATORS",
        "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
    ] {
        let wrong = |asked: &str| (asked == name).then(|| "a b".to_owned());
        let error = Trace::server().build_with(wrong).unwrap_err();
        assert_eq!(error.field(), name);
    }
}
