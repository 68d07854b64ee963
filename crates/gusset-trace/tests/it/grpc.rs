//! The spans of gRPC calls.

use std::pin::pin;
use std::task::{Context, Waker};

use gusset_core::ObserveLayer;
use gusset_data::SpanData;
use gusset_http::{GrpcClientClassifier, GrpcServerClassifier, Http};
use gusset_testkit::ScriptedBody;
use gusset_trace::{ClientLayer, TraceObserver, TraceObserverBuilder};
use http::{HeaderMap, Request, Response};
use http_body::Body as _;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::{Spans, has, lacks};
use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

fn request() -> Request<()> {
    Request::post("http://stock.example:5001/shop.Stock/Take")
        .header("content-type", "application/grpc")
        .header("traceparent", VALID)
        .body(())
        .unwrap()
}

/// Returns a response with this status in its trailers.
fn response(status: &'static str) -> Response<ScriptedBody> {
    Response::new(ScriptedBody::new().trailers("grpc-status", status))
}

fn server(status: &'static str) -> RecordedSpan {
    let mut spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::grpc_server());
        exchange::<GrpcServerClassifier, _>(trace, request(), |_| response(status));
    });
    assert!(spans[0].closed);
    spans.remove(0)
}

fn client(status: &'static str) -> RecordedSpan {
    let mut spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::grpc_client());
        exchange::<GrpcClientClassifier, _>(trace, request(), |_| response(status));
    });
    spans.remove(0)
}

#[test]
fn server_span_follows_the_conventions() {
    let span = server("0");
    span.has(&[
        ("otel.name", "shop.Stock/Take"),
        ("otel.kind", "server"),
        ("trace_id", TRACE),
        ("parent_span_id", PARENT),
        ("rpc.system.name", "grpc"),
        ("rpc.method", "shop.Stock/Take"),
        ("rpc.response.status_code", "OK"),
        ("server.address", "stock.example"),
        ("server.port", "5001"),
        ("gusset.outcome", "success"),
    ]);
    span.lacks(&[
        "otel.status_code",
        "error.type",
        "url.path",
        "http.request.method",
    ]);
}

#[test]
fn client_error_is_an_error_only_for_clients() {
    server("5").has(&[("rpc.response.status_code", "NOT_FOUND")]);
    server("5").lacks(&["otel.status_code", "error.type"]);
    client("5").has(&[("otel.status_code", "ERROR"), ("error.type", "NOT_FOUND")]);
    server("14").has(&[("otel.status_code", "ERROR"), ("error.type", "UNAVAILABLE")]);
}

#[test]
fn proven_method_names_the_next_span() {
    let exported = Spans::default();
    let spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::grpc_server().sink(exported.clone()));
        for status in ["0", "12"] {
            let trace = trace.clone();
            exchange::<GrpcServerClassifier, _>(trace, request(), |_| response(status));
        }
    });
    let at_start = |span: &RecordedSpan| {
        (
            span.start["otel.name"].clone(),
            span.start["rpc.method"].clone(),
        )
    };
    assert_eq!(at_start(&spans[0]), ("grpc".into(), "_OTHER".into()));
    let method = || "shop.Stock/Take".to_owned();
    assert_eq!(at_start(&spans[1]), (method(), method()));
    for (span, exported) in spans.iter().zip(exported.take()) {
        span.has(&[("otel.name", &method()), ("rpc.method", &method())]);
        span.lacks(&["rpc.method_original"]);
        assert_eq!(exported.name, *method());
        has(&exported, &[("rpc.method", &method())]);
        lacks(&exported, &["rpc.method_original"]);
    }
}

#[test]
fn clients_port_defaults_to_that_of_the_scheme() {
    let req = |uri: &str| Request::post(uri).body(()).unwrap();
    let spans = SpanRecorder::during(|_| {
        let client = built(TraceObserver::grpc_client());
        let secure = req("https://stock.example/shop.Stock/Take");
        exchange::<GrpcClientClassifier, _>(client, secure, |_| response("0"));
        let server = built(TraceObserver::grpc_server());
        let received = req("http://stock.example/shop.Stock/Take");
        exchange::<GrpcServerClassifier, _>(server, received, |_| response("0"));
    });
    spans[0].has(&[("server.address", "stock.example"), ("server.port", "443")]);
    spans[1].has(&[("server.address", "stock.example")]);
    spans[1].lacks(&["server.port"]);
}

#[test]
fn unimplemented_method_is_not_in_the_name() {
    server("12").has(&[
        ("otel.name", "grpc"),
        ("rpc.method", "_OTHER"),
        ("rpc.method_original", "shop.Stock/Take"),
        ("error.type", "UNIMPLEMENTED"),
    ]);
    // The client chose the method itself.
    client("12").has(&[("otel.name", "shop.Stock/Take"), ("otel.kind", "client")]);
}

#[test]
fn answer_of_a_layer_before_routing_does_not_choose_the_name() {
    for status in ["16", "7", "8", "5"] {
        server(status).has(&[("otel.name", "grpc"), ("rpc.method", "_OTHER")]);
    }
}

#[test]
fn request_that_is_not_grpc_is_a_client_error() {
    let spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::grpc_server());
        exchange::<GrpcServerClassifier, _>(trace, Request::get("/.env").body(()).unwrap(), |_| {
            response("12")
        });
    });
    spans[0].has(&[
        ("otel.name", "grpc"),
        ("rpc.method", "_OTHER"),
        ("gusset.outcome", "client_error"),
    ]);
    spans[0].lacks(&["otel.status_code", "error.type"]);
}

#[test]
fn call_that_its_client_gives_up_has_the_status_cancelled() {
    let spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::grpc_client());
        let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(trace);
        let mut service = layer.layer(Respond(|_: Request<()>| response("0")));
        drop(now(service.call(request())));
    });
    spans[0].has(&[
        ("rpc.response.status_code", "CANCELLED"),
        ("gusset.outcome", "cancelled"),
    ]);
    spans[0].lacks(&["otel.status_code", "error.type"]);
}

#[test]
fn known_method_that_answers_unimplemented_keeps_its_name() {
    let exported = Spans::default();
    let trace = built(TraceObserver::grpc_server().sink(exported.clone()));
    let expected = [
        ("rpc.method", "shop.Stock/Take"),
        ("rpc.response.status_code", "UNIMPLEMENTED"),
        ("error.type", "UNIMPLEMENTED"),
    ];
    let spans = SpanRecorder::during(|_| {
        for status in ["0", "12"] {
            exchange::<GrpcServerClassifier, _>(trace.clone(), request(), |_| response(status));
        }
    });
    spans[1].has(&[("otel.name", "shop.Stock/Take")]);
    spans[1].has(&expected);
    spans[1].lacks(&["rpc.method_original"]);
    let exported = exported.take();
    assert_eq!(exported[1].name, "shop.Stock/Take");
    has(&exported[1], &expected);
    lacks(&exported[1], &["rpc.method_original"]);
}

#[test]
fn client_layer_sends_the_span() {
    let mut sent = HeaderMap::new();
    let spans = SpanRecorder::during(|_| {
        let layer = ClientLayer::grpc(built(TraceObserver::grpc_client())).unwrap();
        let mut channel = layer.layer(Respond(|req: Request<()>| {
            sent = req.headers().clone();
            response("0")
        }));
        let Ok(res) = now(channel.call(request()));
        drain(res.into_body());
    });
    let parent = sent["traceparent"].to_str().unwrap();
    assert!(parent.contains(&spans[0].fields["span_id"]));
    spans[0].has(&[("rpc.response.status_code", "OK")]);
}

#[test]
fn client_layer_rejects_other_kinds() {
    let wrong: [fn() -> TraceObserverBuilder; 3] = [
        TraceObserver::server,
        TraceObserver::grpc_server,
        TraceObserver::client,
    ];
    for builder in wrong {
        assert!(ClientLayer::grpc(built(builder())).is_err());
    }
    assert!(ClientLayer::new(built(TraceObserver::grpc_client())).is_err());
}

#[test]
fn cancelled_call_has_no_status() {
    let spans = SpanRecorder::during(|_| {
        let layer =
            ObserveLayer::<Http<GrpcServerClassifier>, _>::new(built(TraceObserver::grpc_server()));
        let Ok(res) = now(layer
            .layer(Respond(|_: Request<()>| response("0")))
            .call(request()));
        drop(res);
    });
    spans[0].has(&[("gusset.outcome", "cancelled"), ("gusset.stage", "body")]);
    spans[0].lacks(&["rpc.response.status_code", "error.type"]);
}

/// Makes server calls that the client cancels after `frames` frames of the response. Returns the
/// `tracing` span and the exported span of the last call.
fn cancelled(trace: TraceObserverBuilder, frames: usize) -> (RecordedSpan, SpanData) {
    let exported = Spans::default();
    let mut spans = SpanRecorder::during(|_| {
        let trace = built(trace.sink(exported.clone()));
        let layer = ObserveLayer::<Http<GrpcServerClassifier>, _>::new(trace);
        let mut service = layer.layer(Respond(|_: Request<()>| {
            let body = ScriptedBody::new().data("message");
            let res = Response::builder().header("content-type", "application/grpc");
            res.body(body.trailers("grpc-status", "0")).unwrap()
        }));
        let Ok(res) = now(service.call(request()));
        let mut body = pin!(res.into_body());
        for _ in 0..frames {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(body.as_mut().poll_frame(&mut cx).is_ready());
        }
    });
    (spans.remove(0), exported.only())
}

#[test]
fn cancelled_client_does_not_choose_the_name() {
    let (span, exported) = cancelled(TraceObserver::grpc_server(), 0);
    let expected = [
        ("gusset.outcome", "cancelled"),
        ("rpc.method", "_OTHER"),
        ("rpc.method_original", "shop.Stock/Take"),
    ];
    span.has(&[("otel.name", "grpc")]);
    span.has(&expected);
    assert_eq!(exported.name, "grpc");
    has(&exported, &expected);
}

#[test]
fn message_proves_the_method() {
    let (span, exported) = cancelled(TraceObserver::grpc_server(), 1);
    let expected = [
        ("gusset.outcome", "cancelled"),
        ("rpc.method", "shop.Stock/Take"),
    ];
    span.has(&[("otel.name", "shop.Stock/Take")]);
    span.has(&expected);
    span.lacks(&["rpc.method_original"]);
    assert_eq!(exported.name, "shop.Stock/Take");
    has(&exported, &expected);
    lacks(&exported, &["rpc.method_original"]);
}
