//! The spans of calls that are exported.

use std::time::{Duration, SystemTime};

use gusset_data::{SpanKind, SpanStatus, Value};
use gusset_http::{
    Grpc, GrpcClientClassifier, GrpcServerClassifier, HttpClientClassifier, HttpServerClassifier,
    PeerAddr, RequestIdLayer, Route,
};
use gusset_trace::sample::AlwaysOff;
use gusset_trace::{Attributes, Limits, ResendCount, Trace, carry, current, set_attribute};
use http::{HeaderName, Request, header};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::*;
use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

fn server(spans: &Spans) -> Trace {
    built(Trace::server().export(spans.clone()))
}

#[test]
fn a_server_s_span_is_exported_at_the_end_of_its_call() {
    let (spans, before) = (Spans::default(), SystemTime::now());
    let mut req = get("/items/7?token=secret");
    req.extensions_mut().insert(Route::new("/items/{id}"));
    let mut inside = None;
    exchange::<HttpServerClassifier, _>(server(&spans), req, |_| {
        inside = current();
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
fn a_client_s_span_is_exported_with_its_attempt() {
    let spans = Spans::default();
    let mut req = Request::get("https://me:pw@shop.example/items?q=1")
        .body(())
        .unwrap();
    req.extensions_mut().insert(ResendCount(2));
    let client = built(Trace::client().export(spans.clone()));
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
fn a_response_brings_attributes_from_far_away_within_the_limits() {
    let spans = Spans::default();
    let env = |name: &str| (name == "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT").then(|| "10".to_owned());
    let trace = Trace::server().export(spans.clone()).build_with(env);
    let plan = || Attributes::default().with("shop.plan", "gold");
    let mut brought = plan().with("shop.plan", "silver");
    for at in 0..20_i64 {
        brought = brought.with(format!("shop.{at}"), at);
    }
    exchange::<HttpServerClassifier, _>(trace.unwrap(), get("/"), |_| {
        // No thread of the call's.
        let brought = brought.clone();
        let mut response = hello();
        let far = std::thread::spawn(move || {
            response.extensions_mut().insert(brought);
            response
        });
        far.join().unwrap()
    });
    let span = spans.only();
    has(&span, &[("shop.plan", "silver"), ("shop.0", "0")]);
    lacks(&span, &["shop.19"]);
    let ours = span.attributes.iter();
    let ours = ours.filter(|(key, _)| key.starts_with("shop.")).count();
    assert_eq!(ours + span.dropped_attributes as usize, 21);

    // The span of a gRPC call takes them too, and one that is not recorded none.
    let with = |observer: Trace| {
        exchange::<GrpcServerClassifier, _>(observer, get("/a.B/C"), |_| {
            let mut response = hello();
            response.extensions_mut().insert(plan());
            response
        });
    };
    with(built(Trace::grpc_server().export(spans.clone())));
    has(&spans.only(), &[("shop.plan", "gold")]);
    with(built(
        Trace::grpc_server()
            .sampler(AlwaysOff)
            .export(spans.clone()),
    ));
    assert!(spans.take().is_empty());
}

#[test]
fn grpc_spans_are_exported_by_their_conventions() {
    let spans = Spans::default();
    let call = |status: &'static str| {
        let trace = built(Trace::grpc_server().export(spans.clone()));
        let req = Request::post("/shop.Stock/Reserve").body(()).unwrap();
        exchange_grpc(trace, req, status);
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
    let client = built(Trace::grpc_client().export(spans.clone()));
    let req = Request::post("http://stock:50051/shop.Stock/Reserve")
        .body(())
        .unwrap();
    exchange::<GrpcClientClassifier, _>(client, req, |_| hello());
    assert_eq!(spans.only().kind, SpanKind::Client);
}

fn exchange_grpc(trace: Trace, req: Request<()>, status: &'static str) {
    use gusset_core::ObserveLayer;
    let layer = ObserveLayer::<Grpc, _>::new(trace);
    let mut service = layer.layer(Answer(|_: Request<()>| {
        let mut res = hello();
        let value = http::HeaderValue::from_static(status);
        res.headers_mut().insert("grpc-status", value);
        res
    }));
    let Ok(res) = now(service.call(req));
    drain(res.into_body());
}

#[test]
fn a_route_found_further_in_names_the_span() {
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
fn an_abandoned_call_is_exported_and_is_no_error() {
    let spans = Spans::default();
    abandoned(server(&spans));
    let span = spans.only();
    assert_eq!(span.status, SpanStatus::Unset);
    has(
        &span,
        &[("gusset.outcome", "cancelled"), ("gusset.stage", "head")],
    );
}

#[test]
fn a_span_takes_as_long_as_the_call_by_the_call_s_clock() {
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
fn the_random_flag_and_what_opentelemetry_keeps_in_the_trace_s_state_are_on_the_span() {
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
fn the_request_s_id_is_on_the_span() {
    let spans = Spans::default();
    let layer = gusset_core::ObserveLayer::<gusset_http::Http, _>::new(server(&spans));
    let mut service = RequestIdLayer::new().layer(layer.layer(Answer(|_: Request<()>| hello())));
    let mut req = get("/");
    req.headers_mut()
        .insert("x-request-id", "abc-1".parse().unwrap());
    let Ok(res) = now(service.call(req));
    drain(res.into_body());
    has(&spans.only(), &[("gusset.request_id", "abc-1")]);
}

// === attributes of one's own ===

#[test]
fn a_handler_adds_attributes_to_its_call() {
    let spans = Spans::default();
    during::<HttpServerClassifier, _>(server(&spans), get("/"), || {
        set_attribute("shop.plan", "silver");
        set_attribute("shop.plan", "gold");
        set_attribute(String::from("shop.items"), 3_i64);
    });
    let span = spans.only();
    has(&span, &[("shop.plan", "gold"), ("shop.items", "3")]);
    // Outside of any call nothing happens.
    set_attribute("shop.plan", "gold");
    assert!(spans.take().is_empty());
}

#[test]
fn attributes_reach_the_innermost_call_and_from_a_task_that_was_carried() {
    let spans = Spans::default();
    let mut task = None;
    during::<HttpServerClassifier, _>(server(&spans), get("/"), || {
        let client = built(Trace::client().export(spans.clone()));
        during::<HttpClientClassifier, _>(client, Request::new(()), || {
            set_attribute("of", "client")
        });
        now(carry(async { set_attribute("of", "server") }));
        task = Some(carry(async { set_attribute("late", true) }));
    });
    // After the call's end it is too late, and does no harm.
    now(task.unwrap());
    let all = spans.take();
    assert_eq!(all.len(), 2);
    has(&all[0], &[("of", "client")]);
    has(&all[1], &[("of", "server")]);
    lacks(&all[1], &["late"]);
    assert_eq!(all[0].parent_span_id, Some(all[1].span_id));
}

#[test]
fn attributes_have_limits_and_what_is_left_out_is_counted() {
    let spans = Spans::default();
    let limits = Limits::from_lookup(|name| match name {
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" => Some("9".into()),
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" => Some("4".into()),
        "OTEL_SPAN_EVENT_COUNT_LIMIT" => Some("many".into()),
        _ => None,
    });
    assert_eq!((limits.events, limits.value_length), (128, Some(4)));
    let trace = built(Trace::server().export(spans.clone()).limits(limits));
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

// === what is asked for ===

#[test]
fn headers_that_are_asked_for_are_lists_of_texts() {
    let spans = Spans::default();
    let trace = Trace::server()
        .export(spans.clone())
        .request_header(header::ACCEPT_LANGUAGE)
        .request_header(HeaderName::from_static("x-absent"))
        .response_header(header::SERVER)
        .secret_response_header(header::SET_COOKIE);
    let mut req = get("/");
    for value in ["de", "en"] {
        let value = value.parse().unwrap();
        req.headers_mut().append(header::ACCEPT_LANGUAGE, value);
    }
    exchange::<HttpServerClassifier, _>(built(trace), req, |_| {
        let mut res = hello();
        res.headers_mut()
            .insert(header::SERVER, "x".repeat(999).parse().unwrap());
        let mut secret = http::HeaderValue::from_static("5ecret");
        secret.set_sensitive(true);
        res.headers_mut().insert(header::SET_COOKIE, secret);
        res
    });
    let span = spans.only();
    let languages = Value::StringArray(["de".into(), "en".into()].into());
    let expected = ("http.request.header.accept-language".into(), languages);
    assert!(span.attributes.contains(&expected), "{span:#?}");
    let server = attribute(&span, "http.response.header.server").unwrap();
    assert_eq!(server.len(), 256);
    lacks(
        &span,
        &[
            "http.request.header.x-absent",
            "http.response.header.set-cookie",
        ],
    );
}

#[test]
fn headers_that_are_secrets_are_refused_unless_they_are_called_so() {
    for name in [
        header::AUTHORIZATION,
        header::COOKIE,
        header::PROXY_AUTHORIZATION,
    ] {
        let error = Trace::server()
            .request_header(name.clone())
            .build_with(|_| None)
            .unwrap_err();
        assert_eq!(error.field(), "request_header");
        assert!(
            Trace::server()
                .secret_request_header(name)
                .build_with(|_| None)
                .is_ok()
        );
    }
    let error = Trace::client()
        .response_header(header::SET_COOKIE)
        .build_with(|_| None)
        .unwrap_err();
    assert_eq!(error.field(), "response_header");
}

#[test]
fn the_other_end_of_the_connection_is_told_if_it_is_asked_for() {
    let spans = Spans::default();
    let call = |trace: gusset_trace::TraceBuilder| {
        let mut req = get("/");
        req.extensions_mut()
            .insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
        exchange::<HttpServerClassifier, _>(built(trace.export(spans.clone())), req, |_| hello());
        spans.only()
    };
    has(
        &call(Trace::server().peer_address()),
        &[
            ("network.peer.address", "192.0.2.7"),
            ("network.peer.port", "4711"),
        ],
    );
    lacks(
        &call(Trace::server()),
        &["network.peer.address", "client.address"],
    );
}

#[test]
fn a_sink_that_is_switched_off_is_not_given_spans() {
    struct Off;
    impl gusset_data::SpanSink for Off {
        fn export(&self, _: gusset_data::SpanData) {
            panic!("nobody wants it");
        }
        fn admit(&self) -> bool {
            false
        }
    }
    exchange::<HttpServerClassifier, _>(built(Trace::server().export(Off)), get("/"), |_| hello());
}
