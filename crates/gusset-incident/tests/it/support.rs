//! Calls, records and folders.

use std::convert::Infallible;
use std::future::{Future, Ready, pending, ready};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use bytes::Bytes;
use gusset_core::{ObserveLayer, Observer};
use gusset_data::{LogRecord, Severity, SharedStr};
use gusset_http::{Http, Route};
use gusset_incident::FlightRecorder;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use tower_layer::Layer as _;
use tower_service::Service;

pub(crate) type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Responds with the status that the path names, or never.
#[derive(Clone, Copy)]
struct Responder;

impl Service<Request<Empty<Bytes>>> for Responder {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Empty<Bytes>>) -> Self::Future {
        let status = req
            .uri()
            .path()
            .rsplit('/')
            .next()
            .and_then(|text| text.parse().ok());
        let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) else {
            return Box::pin(pending());
        };
        let mut res = Response::new(Full::from("hello"));
        *res.status_mut() = status;
        let response: Ready<_> = ready(Ok(res));
        Box::pin(response)
    }
}

/// Returns a call that is not polled yet. A path that ends with a status is responded to with it, any other never.
pub(crate) fn call(recorder: &FlightRecorder, route: &'static str, path: &str) -> Call {
    observed(recorder.calls_of_server(), route, path)
}

pub(crate) fn observed(observer: impl Observer<Http>, route: &'static str, path: &str) -> Call {
    through(&ObserveLayer::new(observer), route, path)
}

pub(crate) fn through(
    layer: &ObserveLayer<Http, impl Observer<Http>>,
    route: &'static str,
    path: &str,
) -> Call {
    let mut service = layer.layer(Responder);
    let mut req = Request::new(Empty::new());
    *req.uri_mut() = path.parse().unwrap();
    req.extensions_mut().insert(Route::new(route));
    let response = service.call(req);
    Box::pin(async move {
        let res = response.await.unwrap();
        res.into_body().collect().await.unwrap();
    })
}

/// Polls a call once, and returns whether it has ended.
pub(crate) fn poll(call: &mut Call) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    call.as_mut().poll(&mut cx).is_ready()
}

pub(crate) fn run(recorder: &FlightRecorder, route: &'static str, path: &str) {
    assert!(poll(&mut call(recorder, route, path)));
}

pub(crate) fn log(severity: Severity, body: &str) -> LogRecord {
    LogRecord {
        time: SystemTime::now(),
        severity,
        scope: "shop::orders".into(),
        event_name: None,
        body: SharedStr::new(body),
        attributes: Vec::new(),
        dropped_attributes: 0,
        trace_id: None,
        span_id: None,
        flags: 0,
    }
}
