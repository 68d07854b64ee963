//! The cost of [`CallMonitor`], beside that of tokio-metrics' `FutureMonitor` and `TaskMonitor`, and of
//! [`FlightRecorder`], on one plain service that answers at once with a small body, and on one that is woken once before
//! it answers.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_core::{
    CallContext, CallObserver, End, ObserveLayer, Observer, PooledObserver, Protocol,
};
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

/// A service that is pending once, and is woken in the same poll.
#[derive(Clone, Copy, Debug)]
struct Woken;

/// The call of [`Woken`].
#[derive(Debug)]
struct WokenCall {
    is_woken: bool,
}

/// One of the two services.
trait Answers:
    Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone + 'static
{
}

impl Answers for Hello {}
impl Answers for Woken {}

/// An observer that does nothing, and which the driver cannot leave out.
#[derive(Debug)]
struct Trivial;

/// Returns all scenarios, each after what it is compared with.
pub fn all() -> Vec<Scenario> {
    let mut all = Vec::from(scenarios(
        Hello,
        [
            "bare",
            "observer",
            "monitor",
            "future-monitor",
            "task-monitor",
        ],
    ));
    let names = [
        "woken-bare",
        "woken-observer",
        "woken-monitor",
        "woken-future-monitor",
        "woken-task-monitor",
    ];
    all.extend(scenarios(Woken, names));
    let recorder = FlightRecorder::builder()
        .build()
        .expect("the defaults are valid");
    let pooled_observer = ObserveLayer::<Http, _>::new(PooledObserver::new(Trivial));
    let pooled_recorder = PooledObserver::new(recorder.calls_of_server());
    let pooled_recorder = ObserveLayer::<Http, _>::new(pooled_recorder);
    let recorder = ObserveLayer::<Http, _>::new(recorder.calls_of_server());
    all.extend([
        ("recorder", "FlightRecorder", calls(recorder.layer(Hello))),
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
    ]);
    all
}

fn scenarios<S: Answers>(service: S, names: [&'static str; 5]) -> [Scenario; 5] {
    let observer = ObserveLayer::<Http, _>::new(Trivial);
    let monitor = ObserveLayer::<Http, _>::new(CallMonitor::builder().build());
    let task_monitor = TaskMonitor::new();
    let [bare, observed, monitored, by_future, by_task] = names;
    let (mut of_future, mut of_task) = (service.clone(), service.clone());
    [
        (bare, "no layer", calls(service.clone())),
        (
            observed,
            "gusset's driver with an observer that does nothing",
            calls(observer.layer(service.clone())),
        ),
        (monitored, "CallMonitor", calls(monitor.layer(service))),
        (
            by_future,
            "tokio-metrics FutureMonitor",
            Box::new(move || {
                let call = FutureMonitor::new().instrument(of_future.call(black_box(request())));
                let (response, metrics) = now(call);
                black_box(metrics.total_poll_duration);
                read(response);
            }),
        ),
        (
            by_task,
            "tokio-metrics TaskMonitor",
            Box::new(move || {
                read(now(
                    task_monitor.instrument(of_task.call(black_box(request())))
                ));
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
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
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
        ready(Ok(response()))
    }
}

#[inline]
fn response() -> Response<Full<Bytes>> {
    let body = Full::new(Bytes::from_static(b"hello, world"));
    black_box(Response::new(body))
}

// === impl Woken ===

impl Service<Request<()>> for Woken {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = WokenCall;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<()>) -> Self::Future {
        drop(black_box(request));
        WokenCall { is_woken: false }
    }
}

impl Future for WokenCall {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::replace(&mut self.is_woken, true) {
            return Poll::Ready(Ok(response()));
        }
        black_box(cx.waker().clone()).wake();
        Poll::Pending
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
