//! RPC: the status from the trailers, and methods that strangers make up.

use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http};
use gusset_metrics::RpcMetrics;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};

use crate::support::*;

const DURATION: &str = "rpc.server.call.duration";

fn call(path: &str) -> Request<()> {
    Request::builder().uri(path).body(()).unwrap()
}

fn answered(code: &'static str) -> Response<ScriptedBody> {
    Response::new(
        ScriptedBody::new()
            .data("\0\0\0\0\0")
            .trailers("grpc-status", code),
    )
}

#[test]
fn a_call_is_recorded_by_method_and_by_the_code_in_its_trailers() {
    let book = Book::new();
    let metrics = RpcMetrics::server(book.recorder.clone()).build().unwrap();
    exchange(
        &ObserveLayer::<Grpc, _>::new(metrics),
        call("/shop.Stock/Take"),
        answered("14"),
    );
    let rows = book.rows();
    assert_eq!(
        rows.one(DURATION).labels,
        [
            "error.type=UNAVAILABLE",
            "rpc.method=shop.Stock/Take",
            "rpc.response.status_code=UNAVAILABLE",
            "rpc.system.name=grpc",
        ]
    );
    assert_eq!(rows.one("gusset.rpc.server.active_calls").values, [0.0]);
}

#[test]
fn a_method_that_was_never_answered_but_with_unimplemented_is_other() {
    let book = Book::new();
    let metrics = RpcMetrics::server(book.recorder.clone()).build().unwrap();
    let layer = ObserveLayer::<Grpc, _>::new(metrics);
    for stranger in 0..100 {
        exchange(&layer, call(&format!("/x.Y/{stranger}")), answered("12"));
    }
    assert!(book.rows().one(DURATION).has("rpc.method=_OTHER"));

    exchange(&layer, call("/shop.Stock/Take"), answered("0"));
    exchange(&layer, call("/shop.Stock/Take"), answered("12"));
    let rows = book.rows().of(DURATION);
    let known: Vec<_> = rows
        .iter()
        .filter(|row| row.has("rpc.method=shop.Stock/Take"))
        .collect();
    assert_eq!(known.len(), 2, "proven once, it is known: {rows:?}");
}

#[test]
fn a_message_proves_a_method_whose_calls_all_end_before_the_status() {
    let book = Book::new();
    let metrics = RpcMetrics::server(book.recorder.clone()).build().unwrap();
    let layer = ObserveLayer::<Grpc, _>::new(metrics);
    let broken_off = |res: http::response::Builder| {
        let body = ScriptedBody::new().data("\0\0\0\0\0").error();
        res.body(body).unwrap()
    };
    let page = Response::builder().status(404);
    exchange(&layer, call("/no/method"), broken_off(page));
    assert!(book.rows().one(DURATION).has("rpc.method=_OTHER"));

    exchange(
        &layer,
        call("/shop.Stock/Watch"),
        broken_off(Response::builder()),
    );
    let rows = book.rows().of(DURATION);
    assert!(
        rows.iter()
            .any(|row| row.has("rpc.method=shop.Stock/Watch")),
        "{rows:?}"
    );
}

#[test]
fn a_client_tells_servers_apart_and_every_code_but_ok_is_an_error() {
    let book = Book::new();
    let metrics = RpcMetrics::client(book.recorder.clone()).build().unwrap();
    let layer = ObserveLayer::<Http<GrpcClientClassifier>, _>::new(metrics);
    exchange(
        &layer,
        call("http://[::1]:50051/shop.Stock/Take"),
        answered("5"),
    );
    assert_eq!(
        book.rows().one("rpc.client.call.duration").labels,
        [
            "error.type=NOT_FOUND",
            "rpc.method=shop.Stock/Take",
            "rpc.response.status_code=NOT_FOUND",
            "rpc.system.name=grpc",
            "server.address=[::1]",
            "server.port=50051",
        ]
    );
}
