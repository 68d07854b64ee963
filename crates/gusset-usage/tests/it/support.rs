//! A service, and its clients.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use gusset_core::{Clock, MockClock, ObserveLayer, Observer};
use gusset_http::{Http, PeerAddr, Route};
use gusset_usage::{Usage, UsageBuilder, UsageObserver};
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tower_layer::Layer as _;
use tower_service::Service;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

/// Responds at once. A path that begins with `/late` is named in the response.
#[derive(Clone, Copy)]
struct Responder;

impl Service<Request<Empty<Bytes>>> for Responder {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Empty<Bytes>>) -> Self::Future {
        let mut res = Response::new(Full::from("hello"));
        if req.uri().path().starts_with("/late") {
            res.extensions_mut().insert(Route::new("/late/{id}"));
        }
        ready(Ok(res))
    }
}

/// A service at a time of the test.
pub(crate) struct Scene {
    pub(crate) usage: Usage,
    pub(crate) time: MockClock,
    layer: ObserveLayer<Http, UsageObserver>,
}

impl Scene {
    pub(crate) fn new(configure: impl FnOnce(UsageBuilder) -> UsageBuilder) -> Self {
        let (clock, time) = Clock::manual();
        let usage = configure(Usage::builder().clock(clock.clone()));
        let usage = usage.build().expect("the settings are valid");
        let layer = ObserveLayer::new(usage.observer()).with_clock(clock);
        Self { usage, time, layer }
    }

    /// Makes a call of a browser at this address.
    pub(crate) fn visit(&self, address: impl Into<IpAddr>, route: &'static str) {
        self.call(request(address, Some(BROWSER), Some(route)));
    }

    pub(crate) fn call(&self, req: Request<Empty<Bytes>>) {
        call(&self.layer, req);
    }

    /// Starts a call that has not ended.
    pub(crate) fn start(&self) -> impl Future + use<> {
        self.layer
            .layer(Responder)
            .call(request([192, 0, 2, 1], Some(BROWSER), None))
    }
}

/// Makes a call without an observer.
pub(crate) fn call_without_observer(req: Request<Empty<Bytes>>) {
    call(&ObserveLayer::new(()), req);
}

fn call(layer: &ObserveLayer<Http, impl Observer<Http>>, req: Request<Empty<Bytes>>) {
    let response = layer.layer(Responder).call(req);
    let mut call = pin!(async move {
        let res = response.await.unwrap();
        res.into_body().collect().await.unwrap();
    });
    let mut cx = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut cx).is_ready());
}

pub(crate) fn scene() -> Scene {
    Scene::new(|usage| usage)
}

pub(crate) fn request(
    address: impl Into<IpAddr>,
    agent: Option<&str>,
    route: Option<&'static str>,
) -> Request<Empty<Bytes>> {
    let mut req = Request::new(Empty::new());
    if let Some(agent) = agent {
        let agent = HeaderValue::from_str(agent).expect("it is a value");
        req.headers_mut().insert(USER_AGENT, agent);
    }
    let peer = (address.into(), 4711).into();
    req.extensions_mut().insert(PeerAddr(peer));
    if let Some(route) = route {
        req.extensions_mut().insert(Route::new(route));
    }
    req
}

/// Returns the address of the client of that number.
pub(crate) fn client(number: u32) -> IpAddr {
    IpAddr::from(number.to_be_bytes())
}
