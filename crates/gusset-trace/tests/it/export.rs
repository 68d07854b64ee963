//! The exported spans of calls.

use std::time::{Duration, SystemTime};

use gusset_core::Env;
use gusset_data::{SpanKind, SpanStatus, Value};
use gusset_http::{
    Grpc, GrpcClientClassifier, GrpcServerClassifier, HttpClientClassifier, HttpServerClassifier,
    RequestIdLayer, Route,
};
use gusset_trace::sampler::AlwaysOff;
use gusset_trace::{
    ResendCount, SpanAttributes, SpanLimits, TraceObserver, current_span_context, set_attribute,
    with_current_context,
};
use http::Request;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::*;
use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

fn server(spans: &Spans) -> TraceObserver {
    built(TraceObserver::server().sink(spans.clone()))
}

#[test]
fn server_span_is_exported_at_completion() {
    let (spans, before) = (Spans::default(), SystemTime::now());
    let mut req = get("/items/7?token=secret");
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let mut inside = None;
    exchange::<HttpServerClassifier, _>(server(&spans), req, |_| {
        inside = current_span_context();
        assert!(spans.take().is_empty());
        with_status(503)
    });
    let (span, inside) = (spans.only(), inside.unwrap());
    assert_eq!(span.name, "GET /items/{id}");
    assert_eq!(span.kind, SpanKind::Server);
    assert_eq!(span.scope, "gusset::trace");
    assert_eq!(span.trace_id, inside.trace_id().to_bytes());
    assert_eq!(inside.trace_id().to_string(), TRACE);
    assert_eq!(span.span_id, inside.span_id().to_bytes());
    let parent = u64::from_str_radix(PARENT, 16).unwrap().to_be_bytes();
    assert_eq!(span.parent_span_id, Some(parent));
    assert!(span.parent_is_remote);
    assert_eq!(span.flags, 1);
    assert!(before <= span.start && span.start <= span.end);
    assert_eq!(span.status, SpanStatus::Error("".into()));
    has(
        &span,
        &[
            ("http.request.method", "GET"),
            ("http.route", "/items/{id}"),
            ("http.response.status_code", "503"),
            ("url.path", "/items/7"),
            ("url.scheme", "http"),
            ("server.address", "shop.example"),
            ("server.port", "8080"),
            ("network.protocol.version", "1.1"),
            ("error.type", "503"),
            ("gusset.outcome", "server_error"),
        ],
    );
    lacks(&span, &["url.query", "user_agent.original", "gusset.stage"]);
    let status = ("http.response.status_code".into(), Value::Int(503));
    assert!(span.attributes.contains(&status), "numbers stay numbers");
}

#[test]
fn client_span_has_the_resend_count() {
    let spans = Spans::default();
    let mut req = Request::get("https://me:pw@shop.example/items?q=1")
        .body(())
        .unwrap();
    req.extensions_mut().insert(ResendCount(2));
    let client = built(TraceObserver::client().sink(spans.clone()));
    exchange::<HttpClientClassifier, _>(client, req, |_| with_status(404));
    let span = spans.only();
    assert_eq!((&*span.name, span.kind), ("GET", SpanKind::Client));
    assert_eq!(span.parent_span_id, None);
    assert!(!span.parent_is_remote);
    has(
        &span,
        &[
            ("url.full", "https://REDACTED:REDACTED@shop.example/items"),
            ("server.address", "shop.example"),
            ("server.port", "443"),
            ("http.request.resend_count", "2"),
            ("error.type", "404"),
        ],
    );
}

#[test]
fn response_attributes_respect_the_limits() {
    let spans = Spans::default();
    let env = |name: &str| (name == "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").then(|| "10".to_owned());
    let trace = TraceObserver::server().sink(spans.clone()).build_with(env);
    let plan = || SpanAttributes::default().with("shop.plan", "gold");
    let mut attributes = plan().with("shop.plan", "silver");
    for at in 0..20_i64 {
        attributes = attributes.with(format!("shop.{at}"), at);
    }
    exchange::<HttpServerClassifier, _>(trace.unwrap(), get("/"), |_| {
        // On a thread that does not poll the call.
        let attributes = attributes.clone();
        let mut response = hello();
        let worker = std::thread::spawn(move || {
            response.extensions_mut().insert(attributes);
            response
        });
        worker.join().unwrap()
    });
    let span = spans.only();
    has(&span, &[("shop.plan", "silver"), ("shop.0", "0")]);
    lacks(&span, &["shop.19"]);
    let ours = span.attributes.iter();
    let ours = ours.filter(|(key, _)| key.starts_with("shop.")).count();
    assert_eq!(ours + span.dropped_attributes as usize, 21);

    // Also for gRPC. A call that is not recorded ignores them.
    let with = |observer: TraceObserver| {
        exchange::<GrpcServerClassifier, _>(observer, get("/a.B/C"), |_| {
            let mut response = hello();
            response.extensions_mut().insert(plan());
            response
        });
    };
    with(built(TraceObserver::grpc_server().sink(spans.clone())));
    has(&spans.only(), &[("shop.plan", "gold")]);
    with(built(
        TraceObserver::grpc_server()
            .sampler(AlwaysOff)
            .sink(spans.clone()),
    ));
    assert!(spans.take().is_empty());
}

#[test]
fn grpc_spans_follow_the_conventions() {
    let spans = Spans::default();
    let call = |status: &'static str| {
        let trace = built(TraceObserver::grpc_server().sink(spans.clone()));
        let req = Request::post("/shop.Stock/Reserve").header("content-type", "application/grpc");
        exchange_grpc(trace, req.body(()).unwrap(), status);
        spans.only()
    };
    let span = call("0");
    assert_eq!(
        (&*span.name, span.kind),
        ("shop.Stock/Reserve", SpanKind::Server)
    );
    has(
        &span,
        &[
            ("rpc.system.name", "grpc"),
            ("rpc.method", "shop.Stock/Reserve"),
            ("rpc.response.status_code", "OK"),
        ],
    );
    let span = call("12");
    assert_eq!(span.name, "grpc");
    has(
        &span,
        &[
            ("rpc.method", "_OTHER"),
            ("rpc.method_original", "shop.Stock/Reserve"),
            ("error.type", "UNIMPLEMENTED"),
        ],
    );
    let client = built(TraceObserver::grpc_client().sink(spans.clone()));
    let req = Request::post("http://stock:50051/shop.Stock/Reserve")
        .body(())
        .unwrap();
    exchange::<GrpcClientClassifier, _>(client, req, |_| hello());
    assert_eq!(spans.only().kind, SpanKind::Client);
}

fn exchange_grpc(trace: TraceObserver, req: Request<()>, status: &'static str) {
    use gusset_core::ObserveLayer;
    let layer = ObserveLayer::<Grpc, _>::new(trace);
    let mut service = layer.layer(Respond(|_: Request<()>| {
        let mut res = hello();
        let value = http::HeaderValue::from_static(status);
        res.headers_mut().insert("grpc-status", value);
        res
    }));
    let Ok(res) = now(service.call(req));
    drain(res.into_body());
}

#[test]
fn inner_route_names_the_span() {
    let spans = Spans::default();
    exchange::<HttpServerClassifier, _>(server(&spans), get("/items/7"), |_| {
        let mut res = hello();
        res.extensions_mut().insert(Route::new("/items/{id}"));
        res
    });
    let span = spans.only();
    assert_eq!(span.name, "GET /items/{id}");
    has(&span, &[("http.route", "/items/{id}")]);
}

#[test]
fn cancelled_call_is_not_an_error() {
    let spans = Spans::default();
    cancelled_call(server(&spans));
    let span = spans.only();
    assert_eq!(span.status, SpanStatus::Unset);
    has(
        &span,
        &[("gusset.outcome", "cancelled"), ("gusset.stage", "headers")],
    );
}

#[test]
fn duration_follows_the_clock_of_the_call() {
    use gusset_core::{CallTracker, Clock, End};
    use gusset_http::{Http, RequestHead};
    let (spans, (clock, hand)) = (Spans::default(), Clock::manual());
    let req = get("/");
    let mut track = CallTracker::<Http, _>::start(&server(&spans), RequestHead::from(&req), clock);
    track.in_scope(|| hand.advance(Duration::from_millis(1500)));
    track.end(End::Complete(None));
    let span = spans.only();
    assert_eq!(span.end, span.start + Duration::from_millis(1500));
}

#[test]
fn random_flag_and_otel_state_are_exported() {
    let spans = Spans::default();
    let mut req = Request::new(());
    let parent = VALID.replace("-01", "-03");
    req.headers_mut()
        .insert("traceparent", parent.parse().unwrap());
    req.headers_mut()
        .insert("tracestate", "foo=5ecret,ot=th:8".parse().unwrap());
    exchange::<HttpServerClassifier, _>(server(&spans), req, |_| hello());
    let span = spans.only();
    assert_eq!((span.flags, &*span.trace_state), (3, "ot=th:8"));
}

#[test]
fn request_id_is_on_the_span() {
    let spans = Spans::default();
    let layer = gusset_core::ObserveLayer::<gusset_http::Http, _>::new(server(&spans));
    let mut service = RequestIdLayer::new().layer(layer.layer(Respond(|_: Request<()>| hello())));
    let mut req = get("/");
    req.headers_mut()
        .insert("x-request-id", "abc-1".parse().unwrap());
    let Ok(res) = now(service.call(req));
    drain(res.into_body());
    has(&spans.only(), &[("request_id", "abc-1")]);
}

// === custom attributes ===

#[test]
fn handler_sets_attributes() {
    let spans = Spans::default();
    during::<HttpServerClassifier, _>(server(&spans), get("/"), || {
        set_attribute("shop.plan", "silver");
        set_attribute("shop.plan", "gold");
        set_attribute(String::from("shop.items"), 3_i64);
    });
    let span = spans.only();
    has(&span, &[("shop.plan", "gold"), ("shop.items", "3")]);
    // Does nothing outside of any call.
    set_attribute("shop.plan", "gold");
    assert!(spans.take().is_empty());
}

#[test]
fn attributes_are_set_on_the_innermost_call() {
    let spans = Spans::default();
    let mut task = None;
    during::<HttpServerClassifier, _>(server(&spans), get("/"), || {
        let client = built(TraceObserver::client().sink(spans.clone()));
        during::<HttpClientClassifier, _>(client, Request::new(()), || {
            set_attribute("of", "client");
        });
        now(with_current_context(async {
            set_attribute("of", "server");
        }));
        task = Some(with_current_context(async { set_attribute("late", true) }));
    });
    // Ignored after the completion.
    now(task.unwrap());
    let all = spans.take();
    assert_eq!(all.len(), 2);
    has(&all[0], &[("of", "client")]);
    has(&all[1], &[("of", "server")]);
    lacks(&all[1], &["late"]);
    assert_eq!(all[0].parent_span_id, Some(all[1].span_id));
}

#[test]
fn attributes_over_the_limit_are_counted() {
    let spans = Spans::default();
    let limits = SpanLimits::from_env(Env::from_fn(&|name| match name {
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" => Some("9".into()),
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" => Some("4".into()),
        "OTEL_SPAN_EVENT_COUNT_LIMIT" => Some("many".into()),
        _ => None,
    }));
    assert_eq!((limits.events, limits.value_length), (128, Some(4)));
    let trace = built(TraceObserver::server().sink(spans.clone()).limits(limits));
    during::<HttpServerClassifier, _>(trace, get("/"), || {
        for number in 0..9 {
            set_attribute(format!("number.{number}"), "größer");
        }
    });
    let span = spans.only();
    has(&span, &[("number.0", "größ")]);
    assert!(span.dropped_attributes > 0);
    lacks(&span, &["number.8"]);
}
