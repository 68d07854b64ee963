//! Breakers with a mock clock, and scripted services.

use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gusset_breaker::{CallResult, CircuitBreaker, Config};
use gusset_core::{Clock, MockClock};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

/// Opens after this number of consecutive failures, for one second.
pub(crate) fn consecutive(failures: u32) -> Config {
    Config::consecutive(failures)
        .open_duration(Duration::from_secs(1))
        .without_open_backoff()
        .open_jitter(0.0)
}

/// Creates a breaker and its clock.
pub(crate) fn breaker(config: Config) -> (CircuitBreaker, MockClock) {
    let (clock, mock_clock) = Clock::manual();
    let breaker = CircuitBreaker::builder("stock").config(config).clock(clock);
    (breaker.build().unwrap(), mock_clock)
}

pub(crate) fn fail(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().record(CallResult::Failure);
    }
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut context()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Reads a body to its end. Returns whether there was no error.
pub(crate) fn drain<B: Body + Unpin>(mut body: B) -> bool {
    loop {
        match std::pin::Pin::new(&mut body).poll_frame(&mut context()) {
            Poll::Ready(None) => return true,
            Poll::Ready(Some(Err(_))) => return false,
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Pending => panic!("the body is pending"),
        }
    }
}

/// A service that responds with the result of a function, and counts how often it is used.
#[derive(Clone)]
pub(crate) struct Serve<F> {
    make: F,
    pub(crate) polled: Arc<AtomicUsize>,
    pub(crate) called: Arc<AtomicUsize>,
}

pub(crate) fn serve<F, T>(make: F) -> Serve<F>
where
    F: FnMut() -> T,
{
    Serve {
        make,
        polled: Arc::default(),
        called: Arc::default(),
    }
}

impl<F> Serve<F> {
    pub(crate) fn poll_and_call_counts(&self) -> (usize, usize) {
        (
            self.polled.load(Ordering::Relaxed),
            self.called.load(Ordering::Relaxed),
        )
    }
}

impl<F, Req, Res, E> Service<Req> for Serve<F>
where
    F: FnMut() -> Result<Res, E>,
{
    type Response = Res;
    type Error = E;
    type Future = Ready<Result<Res, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.polled.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Req) -> Self::Future {
        self.called.fetch_add(1, Ordering::Relaxed);
        ready((self.make)())
    }
}

pub(crate) fn request() -> Request<()> {
    Request::new(())
}

/// Creates a response.
pub(crate) fn response(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: ScriptedBody,
) -> Response<ScriptedBody> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body).unwrap()
}
