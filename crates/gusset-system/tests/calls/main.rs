//! What calls do with their time, on clocks that the tests advance, and on threads that are really blocked.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod in_flight;
mod long_polls;
mod metrics;
mod times;
mod wakes;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use gusset_core::{Clock, MockClock, ObserveLayer};
use gusset_http::{Http, HttpServerClassifier, ObservedBody, Route};
use gusset_system::{CallMonitor, CallMonitorBuilder, CallTimes, MonitoredCall, RouteInFlight};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, service_fn};
use tower_layer::Layer as _;

type Reply = Result<Response<Full<Bytes>>, Infallible>;
type Observed = ObservedBody<Full<Bytes>, HttpServerClassifier, MonitoredCall>;
type Call = Pin<Box<dyn Future<Output = Result<Response<Observed>, Infallible>> + Send>>;

const ROUTE: &str = "/orders/{id}";

/// A monitor, and the clock of it and of its layers.
struct Monitored {
    monitor: CallMonitor,
    clock: Clock,
    hand: MockClock,
}

impl Monitored {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(configure: impl FnOnce(CallMonitorBuilder) -> CallMonitorBuilder) -> Self {
        let (clock, hand) = Clock::manual();
        let builder = CallMonitor::builder().clock(clock.clone());
        Self {
            monitor: configure(builder).build(),
            clock,
            hand,
        }
    }

    fn advance(&self, millis: u64) {
        self.hand.advance(ms(millis));
    }

    /// Calls a service with a handler, on a route.
    fn call<F>(&self, route: &'static str, handler: impl Fn() -> F + Send + 'static) -> Call
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        let layer = ObserveLayer::<Http, _>::new(self.monitor.clone());
        let service = service_fn(move |_: Request<()>| handler());
        let mut service = layer.with_clock(self.clock.clone()).layer(service);
        Box::pin(service.call(request(route)))
    }

    fn times(&self, route: &str) -> CallTimes {
        let times = self.monitor.times();
        let times = times.into_iter().find(|(name, _)| name == route);
        times.map(|(_, times)| times).unwrap_or_default()
    }

    fn in_flight(&self, route: &str) -> RouteInFlight {
        let routes = self.monitor.in_flight();
        routes.into_iter().find(|it| it.route == route).unwrap()
    }
}

fn request(route: &'static str) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new(route));
    request
}

fn reply() -> Reply {
    Ok(Response::new(Full::from("an order")))
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Polls a future with a waker that does nothing.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a call to its response.
fn respond(mut call: Call) -> Response<Observed> {
    match poll(&mut call) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("the call is pending"),
    }
}
