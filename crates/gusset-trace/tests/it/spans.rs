//! The `tracing` spans of HTTP calls.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, SpanIds};
use gusset_http::{
    Http, HttpClientClassifier, HttpServerClassifier, RequestHead, Route, TrustedProxies,
    UrlTemplate,
};
use gusset_propagation::SpanId;
use gusset_testkit::{ScriptedBody, observer_contract};
use gusset_trace::{ResendCount, TraceObserver, TraceObserverBuilder, current_span_context};
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

observer_contract!(
    server_observer_keeps_the_contract,
    built(TraceObserver::server())
);
observer_contract!(
    client_observer_keeps_the_contract,
    built(TraceObserver::client())
);

fn get(uri: &str) -> Request<()> {
    let req = Request::get(uri).header("host", "shop.example:8080");
    req.header("traceparent", VALID).body(()).unwrap()
}

/// Returns the span of a server call with this response.
fn server(
    req: Request<()>,
    respond: impl FnMut(Request<()>) -> Response<ScriptedBody>,
) -> RecordedSpan {
    let mut spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), req, respond);
    });
    assert_eq!(spans.len(), 1);
    assert!(spans[0].closed);
    spans.remove(0)
}

fn client(req: Request<()>, status: u16) -> RecordedSpan {
    let mut spans = SpanRecorder::during(|_| {
        exchange::<HttpClientClassifier, _>(built(TraceObserver::client()), req, |_| {
            with_status(status)
        });
    });
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[test]
fn server_span_follows_the_conventions() {
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
fn known_fields_are_set_at_the_start() {
    let mut req = get("/items/7");
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let span = server(req, |_| hello());
    let mut later: Vec<&str> = span.fields.keys().map(String::as_str).collect();
    later.retain(|name| !span.start.contains_key(*name));
    later.sort_unstable();
    assert_eq!(later, ["gusset.outcome", "http.response.status_code"]);
}

#[test]
fn inner_route_names_the_span() {
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
fn client_address_needs_trusted_proxies() {
    let span = |builder: TraceObserverBuilder| {
        let mut req = get("/");
        let forged = "6.6.6.6, 1.1.1.1".parse().unwrap();
        req.headers_mut().insert("x-forwarded-for", forged);
        SpanRecorder::during(|_| {
            exchange::<HttpServerClassifier, _>(built(builder), req, |_| hello());
        })
        .remove(0)
    };
    span(TraceObserver::server()).lacks(&["client.address"]);
    let one = TrustedProxies::hops(NonZeroUsize::new(1).unwrap());
    span(TraceObserver::server().trusted_proxies(one)).has(&[("client.address", "1.1.1.1")]);
}

#[test]
fn unknown_method_is_not_in_the_name() {
    let req = Request::builder().method("BREW").uri("/").body(()).unwrap();
    let span = server(req, |_| hello());
    span.has(&[
        ("otel.name", "HTTP"),
        ("http.request.method", "_OTHER"),
        ("http.request.method_original", "BREW"),
    ]);
}

#[test]
fn server_error_is_an_error_for_servers() {
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
fn status_4xx_is_an_error_for_clients() {
    let span = client(get("http://shop.example/"), 404);
    span.has(&[("otel.status_code", "ERROR"), ("error.type", "404")]);
    client(get("http://shop.example/"), 301).lacks(&["otel.status_code", "error.type"]);
}

#[test]
fn client_span_follows_the_conventions() {
    let mut req = get("https://me:secret@shop.example/items/7?token=secret");
    req.extensions_mut().insert(ResendCount(2));
    req.extensions_mut().insert(UrlTemplate::new("/items/{id}"));
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
fn cancelled_call_is_not_an_error() {
    let spans = SpanRecorder::during(|_| {
        let layer = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
        let body = || ScriptedBody::new().data("a").pending().data("b");
        let mut service = layer.layer(Respond(move |_: Request<()>| Response::new(body())));
        drop(service.call(get("/")));
        let Ok(res) = now(service.call(get("/")));
        drop(res);
    });
    for (span, stage) in spans.iter().zip(["headers", "body"]) {
        span.has(&[("gusset.outcome", "cancelled"), ("gusset.stage", stage)]);
        span.lacks(&["otel.status_code", "error.type"]);
        assert!(span.closed);
    }
}

#[test]
fn panic_is_an_error_and_restores_the_thread() {
    let spans = SpanRecorder::during(|_| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), |_| {
                assert!(current_span_context().is_some());
                std::panic::resume_unwind(Box::new("thrown"))
            });
        }));
        assert!(unwound.is_err());
        assert!(current_span_context().is_none());
        assert!(tracing::Span::current().is_none());
    });
    spans[0].has(&[
        ("otel.status_code", "ERROR"),
        ("error.type", "panic"),
        ("gusset.outcome", "server_error"),
    ]);
}

#[test]
fn span_ends_with_the_body() {
    let spans = SpanRecorder::during(|recorder| {
        let layer = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
        let mut service = layer.layer(Respond(|_: Request<()>| hello()));
        let Ok(res) = now(service.call(get("/")));
        assert!(!recorder.spans()[0].closed);
        drain(res.into_body());
    });
    assert!(spans[0].closed);
}

#[test]
fn handler_sees_the_span_context() {
    let mut seen = None;
    let span = server(get("/"), |_| {
        seen = current_span_context();
        hello()
    });
    let seen = seen.unwrap();
    span.has(&[
        ("trace_id", &seen.trace_id().to_string()),
        ("span_id", &seen.span_id().to_string()),
    ]);
    assert!(current_span_context().is_none());
}

#[test]
fn other_observers_see_the_ids() {
    let (ids, seen) = (Ids::default(), Ids::default());
    let observer = (ids.clone(), built(TraceObserver::server()), seen.clone());
    let span = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(observer, get("/"), |_| hello());
    });
    for found in [ids, seen] {
        let found = found.0.lock().unwrap().unwrap();
        let span_id = SpanId::from_bytes(found.span_id()).unwrap().to_string();
        span[0].has(&[("trace_id", TRACE), ("span_id", &span_id)]);
        assert!(found.is_sampled());
    }
}

/// Records the ids at the completion.
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
        *self.0.lock().unwrap() = cx.span_ids();
    }
}

#[test]
fn trace_continues_without_a_subscriber() {
    let mut seen = None;
    exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), |_| {
        seen = current_span_context();
        hello()
    });
    assert_eq!(seen.unwrap().trace_id().to_string(), TRACE);
}

#[test]
fn handler_spans_are_children_of_the_call() {
    let spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), |_| {
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
fn outer_of_two_layers_creates_the_span() {
    let trace = built(TraceObserver::server());
    let spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>((trace.clone(), trace), get("/"), |_| hello());
    });
    // In one layer both start. Of two layers, the inner one does not start the same observer.
    assert_eq!(spans.len(), 2);
    let trace = built(TraceObserver::server());
    let spans = SpanRecorder::during(|_| {
        let layer = ObserveLayer::<Http, _>::new(trace);
        let mut service = layer.layer(layer.layer(Respond(|_: Request<()>| hello())));
        let Ok(res) = now(service.call(get("/")));
        drain(res.into_body());
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn spawned_task_keeps_the_context() {
    let mut task = None;
    let spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), |_| {
            let task_context =
                async { (current_span_context(), tracing::Span::current().is_none()) };
            task = Some(gusset_trace::with_current_context(task_context));
            hello()
        });
        let (context, is_outside) = now(task.take().unwrap());
        assert_eq!(context.unwrap().trace_id().to_string(), TRACE);
        assert!(!is_outside);
        assert!(current_span_context().is_none());
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn unread_trace_is_logged_once() {
    SpanRecorder::during(|recorder| {
        let trace = built(TraceObserver::server());
        for _ in 0..3 {
            let b3 = format!("{TRACE}-{PARENT}-1");
            let req = Request::get("/").header("b3", b3).body(()).unwrap();
            exchange::<HttpServerClassifier, _>(trace.clone(), req, |_| hello());
            exchange::<HttpServerClassifier, _>(trace.clone(), Request::new(()), |_| hello());
        }
        let events = recorder.events();
        assert_eq!(events.len(), 1);
        assert!(events[0].contains("OTEL_PROPAGATORS"));
        assert!(!events[0].contains(TRACE));
    });
}

#[test]
fn configuration_error_names_the_variable() {
    for (name, value) in [
        ("OTEL_PROPAGATORS", "none,b3"),
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "a b"),
    ] {
        let wrong = |variable: &str| (variable == name).then(|| value.to_owned());
        let error = TraceObserver::server().build_with(wrong).unwrap_err();
        assert_eq!(error.setting(), name);
    }
}
