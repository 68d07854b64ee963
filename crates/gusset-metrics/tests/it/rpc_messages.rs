//! The messages of gRPC calls are counted while the calls live.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_data::{MetricData, MetricProducer as _};
use gusset_metrics::Registry;
use gusset_metrics::rpc_messages::RpcMessagesLayer;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::{FnService, ready};

/// Returns these frames, and then no more and no end.
struct Unended(VecDeque<&'static [u8]>);

impl Body for Unended {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.pop_front() {
            Some(b"trailers") => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(data) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(data))))),
            None => Poll::Pending,
        }
    }
}

/// Polls a body for one frame. Returns its data, if it has any.
fn next(body: &mut (impl Body<Data = Bytes, Error = Infallible> + Unpin)) -> Option<Bytes> {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut cx) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
        _ => None,
    }
}

fn value(registry: &Registry, name: &str, direction: &str) -> u64 {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| *metric.name == *name).unwrap();
    let MetricData::Counter(points) = &metric.data else {
        panic!("{metric:?}");
    };
    let of_direction =
        |labels: &gusset_data::Labels| labels.iter().any(|(_, it)| *it == *direction);
    let point = points.iter().find(|point| of_direction(&point.labels));
    point.unwrap().value as u64
}

fn request(content_type: &str, frames: &[&'static [u8]]) -> Request<Unended> {
    let body = Unended(frames.iter().copied().collect());
    let request = Request::post("/shop.Cart/Watch").header("content-type", content_type);
    request.body(body).unwrap()
}

fn response(frames: &[&'static [u8]]) -> Response<Unended> {
    let body = Unended(frames.iter().copied().collect());
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(body).unwrap()
}

#[test]
fn both_directions_are_counted_while_the_call_lives() {
    let registry = Arc::new(Registry::builder().build_with(|_| None).unwrap());
    let layer = RpcMessagesLayer::server(registry.clone());
    let mut service = layer.layer(FnService(|req: Request<_>| {
        let mut request = req.into_body();
        while next(&mut request).is_some() {}
        response(&[b"\0\0\0\0\x01a\0\0\0", b"\0\x01b", b"trailers"])
    }));
    let req = request(
        "application/grpc",
        &[b"\0\0\0\0\x02ab", b"\0\0\0\0\0\0\0\0\0\x03a"],
    );
    let mut body = ready(service.call(req)).unwrap().into_body();
    let messages = |direction| value(&registry, "gusset.rpc.server.messages", direction);
    let bytes = |direction| value(&registry, "gusset.rpc.server.io", direction);
    assert_eq!((messages("receive"), bytes("receive")), (2, 18));
    assert_eq!(messages("transmit"), 0);
    assert_eq!(
        next(&mut body).as_deref(),
        Some(&b"\0\0\0\0\x01a\0\0\0"[..])
    );
    assert_eq!((messages("transmit"), bytes("transmit")), (1, 9));
    assert_eq!(next(&mut body).as_deref(), Some(&b"\0\x01b"[..]));
    assert_eq!((messages("transmit"), bytes("transmit")), (2, 12));
    assert_eq!(next(&mut body), None, "trailers");
}

#[test]
fn client_sends_its_requests() {
    let registry = Arc::new(Registry::builder().build_with(|_| None).unwrap());
    let layer = RpcMessagesLayer::client(registry.clone());
    let mut service = layer.layer(FnService(|mut req: Request<_>| {
        while next(req.body_mut()).is_some() {}
        response(&[b"\0\0\0\0\0"])
    }));
    let req = request("application/grpc+proto", &[b"\0\0\0\0\x01a"]);
    let mut body = ready(service.call(req)).unwrap().into_body();
    next(&mut body);
    let messages = |direction| value(&registry, "gusset.rpc.client.messages", direction);
    assert_eq!((messages("transmit"), messages("receive")), (1, 1));
}

#[test]
fn bodies_that_are_not_of_grpc_are_not_counted() {
    let registry = Arc::new(Registry::builder().build_with(|_| None).unwrap());
    let layer = RpcMessagesLayer::server(registry.clone());
    let mut service = layer.layer(FnService(|mut req: Request<_>| {
        while next(req.body_mut()).is_some() {}
        response(&[b"\0\0\0\0\0"])
    }));
    for content_type in ["application/json", "application/grpc-web-text"] {
        let req = request(content_type, &[b"\0\0\0\0\x01a"]);
        next(ready(service.call(req)).unwrap().body_mut());
    }
    for direction in ["receive", "transmit"] {
        assert_eq!(value(&registry, "gusset.rpc.server.messages", direction), 0);
        assert_eq!(value(&registry, "gusset.rpc.server.io", direction), 0);
    }
}
