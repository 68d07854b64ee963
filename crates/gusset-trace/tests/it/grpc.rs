//! The spans of gRPC calls, by the conventions for RPC.

use gusset_core::ObserveLayer;
use gusset_http::{GrpcClientClassifier, GrpcServerClassifier, Http};
use gusset_testkit::ScriptedBody;
use gusset_trace::{ClientLayer, Trace, TraceBuilder};
use http::{HeaderMap, Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{PARENT, TRACE, VALID};
use crate::support::*;

fn request() -> Request<()> {
    let req = Request::post("http://stock.example:5001/shop.Stock/Take");
    req.header("traceparent", VALID).body(()).unwrap()
}

/// An answer with that status in its trailers.
fn answer(status: &'static str) -> Response<ScriptedBody> {
    let body = ScriptedBody::new().data("message");
    Response::new(body.trailers("grpc-status", status))
}

fn server(status: &'static str) -> Kept {
    let mut spans = Keeper::during(|_| {
        let trace = built(Trace::grpc_server());
        exchange::<GrpcServerClassifier, _>(trace, request(), |_| answer(status));
    });
    assert!(spans[0].closed);
    spans.remove(0)
}

fn client(status: &'static str) -> Kept {
    let mut spans = Keeper::during(|_| {
        let trace = built(Trace::grpc_client());
        exchange::<GrpcClientClassifier, _>(trace, request(), |_| answer(status));
    });
    spans.remove(0)
}

#[test]
fn a_server_s_span_is_by_the_conventions() {
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
fn the_caller_s_fault_is_an_error_for_the_client_alone() {
    server("5").has(&[("rpc.response.status_code", "NOT_FOUND")]);
    server("5").lacks(&["otel.status_code", "error.type"]);
    client("5").has(&[("otel.status_code", "ERROR"), ("error.type", "NOT_FOUND")]);
    server("14").has(&[("otel.status_code", "ERROR"), ("error.type", "UNAVAILABLE")]);
}

#[test]
fn a_method_that_the_server_does_not_know_stands_in_no_name() {
    server("12").has(&[
        ("otel.name", "grpc"),
        ("rpc.method", "_OTHER"),
        ("rpc.method_original", "shop.Stock/Take"),
        ("error.type", "UNIMPLEMENTED"),
    ]);
    // A client chose it itself.
    client("12").has(&[("otel.name", "shop.Stock/Take"), ("otel.kind", "client")]);
}

#[test]
fn a_client_s_layer_sends_the_span() {
    let mut sent = HeaderMap::new();
    let spans = Keeper::during(|_| {
        let layer = ClientLayer::grpc(built(Trace::grpc_client())).unwrap();
        let mut channel = layer.layer(Answer(|req: Request<()>| {
            sent = req.headers().clone();
            answer("0")
        }));
        let Ok(res) = now(channel.call(request()));
        drain(res.into_body());
    });
    let parent = sent["traceparent"].to_str().unwrap();
    assert!(parent.contains(&spans[0].fields["span_id"]));
    spans[0].has(&[("rpc.response.status_code", "OK")]);
}

#[test]
fn the_layer_of_another_protocol_s_client_is_not_built() {
    let wrong: [fn() -> TraceBuilder; 3] = [Trace::server, Trace::grpc_server, Trace::client];
    for builder in wrong {
        assert!(ClientLayer::grpc(built(builder())).is_err());
    }
    assert!(ClientLayer::new(built(Trace::grpc_client())).is_err());
}

#[test]
fn an_abandoned_call_has_no_status() {
    let spans = Keeper::during(|_| {
        let layer = ObserveLayer::<Http<GrpcServerClassifier>, _>::new(built(Trace::grpc_server()));
        let Ok(res) = now(layer
            .layer(Answer(|_: Request<()>| answer("0")))
            .call(request()));
        drop(res);
    });
    spans[0].has(&[("gusset.outcome", "cancelled"), ("gusset.stage", "body")]);
    spans[0].lacks(&["rpc.response.status_code", "error.type"]);
}
