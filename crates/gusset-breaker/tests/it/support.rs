//! A breaker by a clock that is moved by hand, and services that do what a test says.

use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gusset_breaker::{Breaker, Config, Vote};
use gusset_core::{Clock, MockClock};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

/// Opens after so many failures in a row, for a second.
pub(crate) fn in_a_row(failures: u32) -> Config {
    Config::in_a_row(failures)
        .open_for(Duration::from_secs(1))
        .without_open_backoff()
        .open_jitter(0.0)
}

/// A breaker, and the hand of its clock.
pub(crate) fn breaker(config: Config) -> (Breaker, MockClock) {
    let (clock, hand) = Clock::manual();
    let breaker = Breaker::builder("stock").config(config).clock(clock);
    (breaker.build().unwrap(), hand)
}

pub(crate) fn fail(breaker: &Breaker, times: usize) {
    for _ in 0..times {
        breaker.try_acquire().unwrap().vote(Vote::Failure);
    }
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut context()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready at its first poll"),
    }
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Takes all of a body; whether it ended well.
pub(crate) fn drain<B: Body + Unpin>(mut body: B) -> bool {
    loop {
        match std::pin::Pin::new(&mut body).poll_frame(&mut context()) {
            Poll::Ready(None) => return true,
            Poll::Ready(Some(Err(_))) => return false,
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Pending => panic!("the body waits"),
        }
    }
}

/// A service that gives what a function makes, and counts how often it is touched.
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
    pub(crate) fn touched(&self) -> (usize, usize) {
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

/// A response with that status, header fields and body.
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
