//! Calls with every kind of end.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::{Method, Request, Response, StatusCode};
use http_body::Body;

use crate::{RecordedCall, ScriptError, ScriptedBody};

/// One call, and what is to be told of it.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    method: Asks,
    service: Does,
    caller: Caller,
    /// The end's name in a [`RecordedCall`].
    pub(super) end: &'static str,
}

#[derive(Clone, Copy)]
enum Asks {
    Get,
    Head,
    Connect,
}

/// What the service does.
#[derive(Clone, Copy)]
pub(super) enum Does {
    Answer(u16, fn() -> ScriptedBody),
    Fail,
    Hang,
    PanicInCall,
    PanicInPoll,
}

/// How long the caller stays.
#[derive(Clone, Copy)]
enum Caller {
    Reads,
    /// That many frames.
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

use Asks::{Connect, Get, Head};
use Caller::{Leaves, Reads, Stays};
use Does::{Answer, Fail, Hang, PanicInCall, PanicInPoll};

#[rustfmt::skip]
pub(super) const ALL: &[Scenario] = &[
    Scenario { name: "read to its end", method: Get, service: Answer(200, two), caller: Reads, end: "Complete" },
    Scenario { name: "empty", method: Get, service: Answer(200, empty), caller: Reads, end: "Complete" },
    Scenario { name: "with trailers", method: Get, service: Answer(200, trailing), caller: Reads, end: "Complete" },
    Scenario { name: "no content", method: Get, service: Answer(204, two), caller: Leaves, end: "Complete" },
    Scenario { name: "the caller's fault", method: Get, service: Answer(404, two), caller: Reads, end: "Complete" },
    Scenario { name: "the service's fault", method: Get, service: Answer(500, two), caller: Reads, end: "Complete" },
    Scenario { name: "a head", method: Head, service: Answer(200, two), caller: Leaves, end: "Complete" },
    Scenario { name: "an upgrade", method: Get, service: Answer(101, empty), caller: Reads, end: "Upgraded" },
    Scenario { name: "a tunnel", method: Connect, service: Answer(200, empty), caller: Reads, end: "Upgraded" },
    Scenario { name: "an error of the body", method: Get, service: Answer(200, failing), caller: Reads, end: "Failed" },
    Scenario { name: "a panic of the body", method: Get, service: Answer(200, panicking), caller: Reads, end: "Panicked" },
    Scenario { name: "left before the body", method: Get, service: Answer(200, two), caller: Stays(0), end: "Cancelled" },
    Scenario { name: "left amid the body", method: Get, service: Answer(200, two), caller: Stays(1), end: "Cancelled" },
    Scenario { name: "an error", method: Get, service: Fail, caller: Reads, end: "Failed" },
    Scenario { name: "left before it was polled", method: Get, service: Hang, caller: Leaves, end: "Cancelled" },
    Scenario { name: "left before the head", method: Get, service: Hang, caller: Reads, end: "Cancelled" },
    Scenario { name: "a panic in `call`", method: Get, service: PanicInCall, caller: Reads, end: "Panicked" },
    Scenario { name: "a panic in a poll", method: Get, service: PanicInPoll, caller: Reads, end: "Panicked" },
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

    /// Whether the service's panic comes out of the call.
    fn throws(&self) -> bool {
        self.end == "Panicked"
    }

    /// Makes the call, with `call` that calls the service.
    pub(super) fn play<S, F, B, E>(&self, service: S, call: impl FnOnce(S, Request<()>) -> F)
    where
        F: Future<Output = Result<Response<B>, E>>,
        B: Body,
    {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut future = Box::pin(call(service, self.request()));
            if let (Leaves, Hang) = (self.caller, self.service) {
                return;
            }
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Ok(res)) = future.as_mut().poll(&mut cx) else {
                return;
            };
            let mut body = pin!(res.into_body());
            let mut left = match self.caller {
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

    pub(super) fn check(&self, facts: &[RecordedCall]) {
        let ends: Vec<_> = facts.iter().map(|fact| fact.end).collect();
        assert_eq!(ends, [self.end], "the call that is {}", self.name);
    }
}

/// A service that does as a scenario says.
#[derive(Clone, Copy)]
pub(super) struct Play(Does);

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
            resume_unwind(Box::new("as the scenario says"));
        }
        Playing(self.0)
    }
}

pub(super) struct Playing(Does);

impl Future for Playing {
    type Output = Result<Response<ScriptedBody>, ScriptError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Answer(status, body) => {
                let mut res = Response::new(body());
                *res.status_mut() = StatusCode::from_u16(status).expect("scenarios are right");
                Poll::Ready(Ok(res))
            }
            Fail => Poll::Ready(Err(ScriptError)),
            Hang => Poll::Pending,
            PanicInCall | PanicInPoll => resume_unwind(Box::new("as the scenario says")),
        }
    }
}
