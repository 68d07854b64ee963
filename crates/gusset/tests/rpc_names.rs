//! The signals agree on the names of gRPC methods, and on the status of calls that were given up.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[path = "support/capture.rs"]
mod capture;

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset::kind::ServiceKind;
use gusset_data::MetricData;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower::{Layer, Service, service_fn};

use crate::capture::{Capture, Captured, metrics};

const METHOD: &str = "shop.Stock/Take";

/// Sends one request, and reads the response if `read`.
fn call<S, B>(capture: &Capture, service: &mut S, req: Request<()>, read: bool)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    capture.run(|| {
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = pin!(service.call(req)).poll(&mut cx) else {
            panic!("it should be ready");
        };
        let mut body = pin!(response.into_body());
        while read && !matches!(body.as_mut().poll_frame(&mut cx), Poll::Ready(None)) {}
    });
}

fn grpc(code: &str) -> Request<()> {
    Request::post(format!("http://stock.example/{METHOD}"))
        .header("content-type", "application/grpc")
        .header("wanted", code)
        .body(())
        .unwrap()
}

/// Answers with the code that the request wants.
async fn answer(req: Request<()>) -> Result<Response<ScriptedBody>, Infallible> {
    let code = req.headers().get("wanted").cloned();
    let response = Response::builder().header("content-type", "application/grpc");
    let body = ScriptedBody::new().without_end_hint();
    let mut response = response.body(body).unwrap();
    if let Some(code) = code.filter(|code| code != "none") {
        response.headers_mut().insert("grpc-status", code);
    }
    Ok(response)
}

/// Returns line, span and metric attributes of the last call: the method as each of them names it, and
/// the status.
fn names<K: ServiceKind>(capture: &Capture, gusset: &Captured<K>, side: &str) -> [String; 3] {
    let entry = capture.take_entries().pop().unwrap();
    let span = capture.take_spans().pop().unwrap();
    let of_span = |key: &str| {
        let mut attributes = span.attributes.iter();
        let value = attributes.find(|(name, _)| name == key);
        value.map_or_else(String::new, |(_, value)| value.to_string())
    };
    let line = entry["message"].as_str().unwrap().to_owned();
    assert_eq!(entry["rpc.method"].as_str().unwrap(), of_span("rpc.method"));
    let status = entry["rpc.response.status_code"]
        .as_str()
        .unwrap_or_default();
    assert_eq!(status, of_span("rpc.response.status_code"));
    let metrics = metrics(gusset);
    let name = format!("rpc.{side}.call.duration");
    let durations = metrics.iter().find(|metric| metric.name == name).unwrap();
    let MetricData::Histogram(points) = &durations.data else {
        panic!("durations are a histogram");
    };
    let text = format!("{points:?}");
    let series = format!("{} {}", text.contains(METHOD), text.contains(status));
    [line, span.name.to_string(), series]
}

#[test]
fn known_method_that_answers_unimplemented_keeps_its_name() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::grpc());
    let mut service = gusset.layer().layer(service_fn(answer));
    call(&capture, &mut service, grpc("0"), true);
    names(&capture, &gusset, "server");
    for (code, status) in [("12", "UNIMPLEMENTED"), ("16", "UNAUTHENTICATED")] {
        call(&capture, &mut service, grpc(code), true);
        let [line, span, series] = names(&capture, &gusset, "server");
        assert_eq!(line, format!("grpc {METHOD} {status}"));
        assert_eq!(span, METHOD);
        assert_eq!(series, "true true");
    }
}

#[test]
fn unproven_method_is_other_in_all_signals() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::grpc());
    let mut service = gusset.layer().layer(service_fn(answer));
    for (code, status) in [("12", "UNIMPLEMENTED"), ("16", "UNAUTHENTICATED")] {
        call(&capture, &mut service, grpc(code), true);
        let [line, span, series] = names(&capture, &gusset, "server");
        assert_eq!(line, format!("grpc _OTHER {status}"));
        assert_eq!(span, "grpc");
        assert_eq!(series, "false true");
    }
}

#[test]
fn client_line_and_span_name_the_method() {
    for (code, status) in [("12", "UNIMPLEMENTED"), ("0", "OK")] {
        let capture = Capture::new();
        let gusset = capture.build(gusset::grpc_client());
        let mut service = gusset.layer().layer(service_fn(answer));
        call(&capture, &mut service, grpc(code), true);
        let [line, span, series] = names(&capture, &gusset, "client");
        assert_eq!(line, format!("grpc {METHOD} {status}"));
        assert_eq!(span, METHOD);
        assert_eq!(series, "true true");
    }
}

#[test]
fn call_that_its_client_gives_up_is_cancelled_in_all_signals() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::grpc_client());
    let mut service = gusset.layer().layer(service_fn(answer));
    call(&capture, &mut service, grpc("none"), false);
    let [line, span, series] = names(&capture, &gusset, "client");
    assert_eq!(line, format!("grpc {METHOD} CANCELLED"));
    assert_eq!(span, METHOD);
    assert_eq!(series, "true true");
}

#[test]
fn registered_method_is_named_from_its_first_call() {
    let capture = Capture::new();
    let gusset = capture.build(gusset::grpc().rpc_services([METHOD]));
    let mut service = gusset.layer().layer(service_fn(answer));
    call(&capture, &mut service, grpc("14"), true);
    let [line, span, _] = names(&capture, &gusset, "server");
    assert_eq!(line, format!("grpc {METHOD} UNAVAILABLE"));
    assert_eq!(span, METHOD);
}
