//! Calls with every kind of end.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::{Method, Request, Response, StatusCode};
use http_body::Body;

use crate::{RecordedCall, ScriptError, ScriptedBody};

/// One call, and its expected end.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    method: MethodKind,
    service: Behavior,
    client: Client,
    /// The name of the end in a [`RecordedCall`].
    pub(super) end: &'static str,
}

#[derive(Clone, Copy)]
enum MethodKind {
    Get,
    Head,
    Connect,
}

/// What the service does.
#[derive(Clone, Copy)]
pub(super) enum Behavior {
    Answer(u16, fn() -> ScriptedBody),
    Fail,
    Hang,
    PanicInCall,
    PanicInPoll,
}

/// How long the client stays.
#[derive(Clone, Copy)]
enum Client {
    Reads,
    /// For this many frames.
    Stays(usize),
    /// Until the service has been called.
    Leaves,
}

fn two() -> ScriptedBody {
    ScriptedBody::new().data("hello").pending().data(" world")
}

fn empty() -> ScriptedBody {
    ScriptedBody::new()
}

fn trailing() -> ScriptedBody {
    ScriptedBody::new()
        .data("hello")
        .trailers("grpc-status", "0")
}

fn failing() -> ScriptedBody {
    ScriptedBody::new().data("hello").error()
}

fn panicking() -> ScriptedBody {
    ScriptedBody::new().data("hello").panic()
}

use Behavior::{Answer, Fail, Hang, PanicInCall, PanicInPoll};
use Client::{Leaves, Reads, Stays};
use MethodKind::{Connect, Get, Head};

#[rustfmt::skip]
pub(super) const ALL: &[Scenario] = &[
    Scenario { name: "read to its end", method: Get, service: Answer(200, two), client: Reads, end: "Complete" },
    Scenario { name: "empty", method: Get, service: Answer(200, empty), client: Reads, end: "Complete" },
    Scenario { name: "with trailers", method: Get, service: Answer(200, trailing), client: Reads, end: "Complete" },
    Scenario { name: "no content", method: Get, service: Answer(204, two), client: Leaves, end: "Complete" },
    Scenario { name: "a client error", method: Get, service: Answer(404, two), client: Reads, end: "Complete" },
    Scenario { name: "a server error", method: Get, service: Answer(500, two), client: Reads, end: "Complete" },
    Scenario { name: "a `HEAD` request", method: Head, service: Answer(200, two), client: Leaves, end: "Complete" },
    Scenario { name: "an upgrade", method: Get, service: Answer(101, empty), client: Reads, end: "Upgraded" },
    Scenario { name: "a tunnel", method: Connect, service: Answer(200, empty), client: Reads, end: "Upgraded" },
    Scenario { name: "an error of the body", method: Get, service: Answer(200, failing), client: Reads, end: "Failed" },
    Scenario { name: "a panic of the body", method: Get, service: Answer(200, panicking), client: Reads, end: "Panicked" },
    Scenario { name: "left before the body", method: Get, service: Answer(200, two), client: Stays(0), end: "Cancelled" },
    Scenario { name: "left amid the body", method: Get, service: Answer(200, two), client: Stays(1), end: "Cancelled" },
    Scenario { name: "an error", method: Get, service: Fail, client: Reads, end: "Failed" },
    Scenario { name: "left before it was polled", method: Get, service: Hang, client: Leaves, end: "Cancelled" },
    Scenario { name: "left before the headers", method: Get, service: Hang, client: Reads, end: "Cancelled" },
    Scenario { name: "a panic in `call`", method: Get, service: PanicInCall, client: Reads, end: "Panicked" },
    Scenario { name: "a panic in a poll", method: Get, service: PanicInPoll, client: Reads, end: "Panicked" },
];

// === impl Scenario ===

impl Scenario {
    pub(super) fn request(&self) -> Request<()> {
        let mut req = Request::new(());
        *req.method_mut() = match self.method {
            Get => Method::GET,
            Head => Method::HEAD,
            Connect => Method::CONNECT,
        };
        req
    }

    pub(super) fn service(&self) -> Play {
        Play(self.service)
    }

    /// Returns whether a panic of the service comes out of the call.
    fn throws(&self) -> bool {
        self.end == "Panicked"
    }

    /// Plays the call; `call` calls the service.
    pub(super) fn play<S, F, B, E>(&self, service: S, call: impl FnOnce(S, Request<()>) -> F)
    where
        F: Future<Output = Result<Response<B>, E>>,
        B: Body,
    {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut future = Box::pin(call(service, self.request()));
            if let (Leaves, Hang) = (self.client, self.service) {
                return;
            }
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Ok(res)) = future.as_mut().poll(&mut cx) else {
                return;
            };
            let mut body = pin!(res.into_body());
            let mut left = match self.client {
                Reads => usize::MAX,
                Stays(frames) => frames,
                Leaves => 0,
            };
            while left > 0 {
                match body.as_mut().poll_frame(&mut cx) {
                    Poll::Pending => {}
                    Poll::Ready(Some(Ok(_))) => left -= 1,
                    Poll::Ready(Some(Err(_)) | None) => break,
                }
            }
        }));
        match (played, self.throws()) {
            (Ok(()), false) | (Err(_), true) => {}
            (Ok(()), true) => panic!("{}: the service's panic did not come through", self.name),
            (Err(thrown), false) => resume_unwind(thrown),
        }
    }

    pub(super) fn check(&self, calls: &[RecordedCall]) {
        let ends: Vec<_> = calls.iter().map(|call| call.end).collect();
        assert_eq!(ends, [self.end], "the call that is {}", self.name);
    }
}

/// A service that plays a scenario.
#[derive(Clone, Copy)]
pub(super) struct Play(Behavior);

impl<B> tower_service::Service<Request<B>> for Play {
    type Response = Response<ScriptedBody>;
    type Error = ScriptError;
    type Future = Playing;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ScriptError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Playing {
        if let PanicInCall = self.0 {
            // Without the hook's noise.
            resume_unwind(Box::new("as scripted"));
        }
        Playing(self.0)
    }
}

pub(super) struct Playing(Behavior);

impl Future for Playing {
    type Output = Result<Response<ScriptedBody>, ScriptError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Answer(status, body) => {
                let mut res = Response::new(body());
                *res.status_mut() = StatusCode::from_u16(status).expect("scenarios are valid");
                Poll::Ready(Ok(res))
            }
            Fail => Poll::Ready(Err(ScriptError)),
            Hang => Poll::Pending,
            PanicInCall | PanicInPoll => resume_unwind(Box::new("as scripted")),
        }
    }
}
