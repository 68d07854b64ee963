//! The cost of [`CallMonitor`], beside that of tokio-metrics' `FutureMonitor` and `TaskMonitor`, and of
//! [`FlightRecorder`], on one plain service that answers at once with a small body.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, PooledObserver, Protocol};
use gusset_http::{Http, Route};
use gusset_incident::FlightRecorder;
use gusset_system::CallMonitor;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio_metrics::{FutureMonitor, TaskMonitor};
use tower_layer::Layer;
use tower_service::Service;

const ROUTE: Route = Route::new("/items/{id}");

/// A scenario: its name, what it is, and one call.
pub type Scenario = (&'static str, &'static str, Box<dyn FnMut()>);

/// A service that answers at once.
#[derive(Clone, Copy, Debug)]
struct Hello;

/// An observer that does nothing, and which the driver cannot leave out.
#[derive(Debug)]
struct Trivial;

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let observer = ObserveLayer::<Http, _>::new(Trivial);
    let monitor = ObserveLayer::<Http, _>::new(CallMonitor::builder().build());
    let recorder = FlightRecorder::builder().build().expect("the defaults are valid");
    let pooled_observer = ObserveLayer::<Http, _>::new(PooledObserver::new(Trivial));
    let pooled_recorder = PooledObserver::new(recorder.calls_of_server());
    let pooled_recorder = ObserveLayer::<Http, _>::new(pooled_recorder);
    let recorder = ObserveLayer::<Http, _>::new(recorder.calls_of_server());
    let task_monitor = TaskMonitor::new();
    vec![
        ("bare", "no layer", calls(Hello)),
        (
            "observer",
            "gusset's driver with an observer that does nothing",
            calls(observer.layer(Hello)),
        ),
        ("monitor", "CallMonitor", calls(monitor.layer(Hello))),
        (
            "recorder",
            "FlightRecorder",
            calls(recorder.layer(Hello)),
        ),
        (
            "pooled-observer",
            "an observer that does nothing, behind a pointer as in the façade",
            calls(pooled_observer.layer(Hello)),
        ),
        (
            "pooled-recorder",
            "FlightRecorder, behind a pointer as in the façade",
            calls(pooled_recorder.layer(Hello)),
        ),
        (
            "future-monitor",
            "tokio-metrics FutureMonitor",
            Box::new(|| {
                let call = FutureMonitor::new().instrument(Hello.call(black_box(request())));
                let (response, metrics) = now(call);
                black_box(metrics.total_poll_duration);
                read(response);
            }),
        ),
        (
            "task-monitor",
            "tokio-metrics TaskMonitor",
            Box::new(move || {
                read(now(
                    task_monitor.instrument(Hello.call(black_box(request())))
                ))
            }),
        ),
    ]
}

/// Runs the calls that are counted: callgrind finds this function by its name.
#[inline(never)]
pub fn measured(work: &mut Box<dyn FnMut()>, times: u32) {
    for _ in 0..times {
        work();
    }
}

fn calls<S, B>(mut service: S) -> Box<dyn FnMut()>
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible> + 'static,
    B: Body,
{
    Box::new(move || read(now(service.call(black_box(request())))))
}

fn request() -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(ROUTE);
    request
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the service is pending"),
    }
}

/// Reads a response as hyper does: until `is_end_stream`.
fn read<B: Body>(response: Result<Response<B>, Infallible>) {
    let Ok(response) = response;
    let mut body = pin!(response.into_body());
    let mut cx = Context::from_waker(Waker::noop());
    while !body.is_end_stream() {
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => drop(black_box(frame.into_data())),
            Poll::Ready(None) => break,
            _ => panic!("the body failed"),
        }
    }
}

// === impl Hello ===

impl Service<Request<()>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<()>) -> Self::Future {
        drop(black_box(request));
        let body = Full::new(Bytes::from_static(b"hello, world"));
        ready(Ok(black_box(Response::new(body))))
    }
}

// === impl Trivial ===

impl<P: Protocol> Observer<P> for Trivial {
    type Call = Self;

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        black_box(Self)
    }
}

impl<P: Protocol> CallObserver<P> for Trivial {
    #[inline]
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        black_box(self);
    }
}
