//! The status is that of the trailers, and clients cannot create values of `rpc.method`.

use std::sync::Arc;

use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http, RequestOptions};
use gusset_metrics::RpcMetrics;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};

use crate::support::*;

const DURATION: &str = "rpc.server.call.duration";

fn call(path: &str) -> Request<()> {
    let request = Request::post(path).header("content-type", "application/grpc");
    request.body(()).unwrap()
}

/// Returns a response of one message.
fn response(code: &'static str) -> Response<ScriptedBody> {
    let body = ScriptedBody::new().data("\0\0\0\0\0");
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(body.trailers("grpc-status", code)).unwrap()
}

/// Returns a response of a status alone.
fn failed(code: &'static str) -> Response<ScriptedBody> {
    Response::new(ScriptedBody::new().trailers("grpc-status", code))
}

#[test]
fn call_is_recorded_by_method_and_status() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::server(recorder.recorder.clone())
        .build()
        .unwrap();
    exchange(
        &ObserveLayer::<Grpc, _>::new(metrics),
        call("/shop.Stock/Take"),
        response("14"),
    );
    let snapshot = recorder.snapshot();
    assert_eq!(
        snapshot.one(DURATION).labels,
        [
            "error.type=UNAVAILABLE",
            "rpc.method=shop.Stock/Take",
            "rpc.response.status_code=UNAVAILABLE",
            "rpc.system.name=grpc",
        ]
    );
    assert_eq!(snapshot.one("gusset.rpc.server.active_calls").values, [0.0]);
}

#[test]
fn unverified_method_is_other() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::server(recorder.recorder.clone())
        .build()
        .unwrap();
    let layer = ObserveLayer::<Grpc, _>::new(metrics);
    for number in 0..100 {
        exchange(&layer, call(&format!("/x.Y/{number}")), failed("12"));
    }
    assert!(recorder.snapshot().one(DURATION).has("rpc.method=_OTHER"));

    exchange(&layer, call("/shop.Stock/Take"), response("0"));
    exchange(&layer, call("/shop.Stock/Take"), failed("12"));
    let series = recorder.snapshot().all(DURATION);
    let known: Vec<_> = series
        .iter()
        .filter(|series| series.has("rpc.method=shop.Stock/Take"))
        .collect();
    assert_eq!(known.len(), 2, "the method is verified: {series:?}");
}

#[test]
fn answers_of_layers_before_routing_make_no_series() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::server(recorder.recorder.clone());
    let layer = ObserveLayer::<Grpc, _>::new(metrics.build().unwrap());
    for number in 0..2000 {
        let code = ["16", "7", "8"][number % 3];
        exchange(&layer, call(&format!("/x.Y/{number}")), failed(code));
        let mut denied = Response::new(ScriptedBody::new());
        *denied.status_mut() = [400, 401, 429][number % 3].try_into().unwrap();
        exchange(&layer, call(&format!("/y.Z/{number}")), denied);
    }
    let series = recorder.snapshot().all(DURATION);
    let is_other = |series: &Series| series.has("rpc.method=_OTHER");
    assert!(series.iter().all(is_other), "{series:?}");
}

#[test]
fn request_options_share_the_known_methods() {
    let options = Arc::new(RequestOptions::default());
    let layer = |recorder: &TestRecorder| {
        let metrics = RpcMetrics::server(recorder.recorder.clone());
        let metrics = metrics.request_options(options.clone()).build().unwrap();
        ObserveLayer::<Grpc, _>::new(metrics)
    };
    let (one, other) = (TestRecorder::new(), TestRecorder::new());
    exchange(&layer(&one), call("/shop.Stock/Take"), response("0"));
    exchange(&layer(&other), call("/shop.Stock/Take"), failed("12"));
    let series = other.snapshot().one(DURATION);
    assert!(series.has("rpc.method=shop.Stock/Take"), "{series:?}");
}

#[test]
fn methods_over_the_limit_overflow() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::client(recorder.recorder.clone()).cardinality_limit(2);
    let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(metrics.build().unwrap());
    for _ in 0..2 {
        for number in 0..5 {
            exchange(&layer, call(&format!("/x.Y/{number}")), response("0"));
        }
    }
    let snapshot = recorder.snapshot();
    let overflow = snapshot.all("rpc.client.call.duration");
    let overflow = overflow
        .iter()
        .find(|series| series.has_key("otel.metric.overflow"));
    assert_eq!(overflow.unwrap().values.len(), 6);
    assert_eq!(snapshot.sum("gusset.rpc.client.active_calls"), 0.0);
}

#[test]
fn response_message_verifies_the_method() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::server(recorder.recorder.clone())
        .build()
        .unwrap();
    let layer = ObserveLayer::<Grpc, _>::new(metrics);
    let aborted = |res: http::response::Builder| {
        let body = ScriptedBody::new().data("\0\0\0\0\0").error();
        res.body(body).unwrap()
    };
    let not_found = Response::builder().status(404);
    exchange(&layer, call("/no/method"), aborted(not_found));
    assert!(recorder.snapshot().one(DURATION).has("rpc.method=_OTHER"));

    exchange(
        &layer,
        call("/shop.Stock/Watch"),
        aborted(Response::builder().header("content-type", "application/grpc")),
    );
    let series = recorder.snapshot().all(DURATION);
    assert!(
        series
            .iter()
            .any(|series| series.has("rpc.method=shop.Stock/Watch")),
        "{series:?}"
    );
}

#[test]
fn client_series_have_the_server_address() {
    let recorder = TestRecorder::new();
    let metrics = RpcMetrics::client(recorder.recorder.clone())
        .build()
        .unwrap();
    let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(metrics);
    exchange(
        &layer,
        call("http://[::1]:50051/shop.Stock/Take"),
        response("5"),
    );
    assert_eq!(
        recorder.snapshot().one("rpc.client.call.duration").labels,
        [
            "error.type=NOT_FOUND",
            "rpc.method=shop.Stock/Take",
            "rpc.response.status_code=NOT_FOUND",
            "rpc.system.name=grpc",
            "server.address=::1",
            "server.port=50051",
        ]
    );
}
