//! Plays a script without a connection, bare or observed.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset_testkit::{ScriptError, ScriptedBody};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::answers::BoxError;
use crate::panics::EXPECTED;
use crate::scripts::{self, Script};

/// The service of a script.
#[derive(Clone, Debug)]
pub struct Scripted(Script);

impl Scripted {
    /// The service of `script`.
    pub fn new(script: &Script) -> Self {
        crate::panics::hush();
        Self(script.clone())
    }
}

impl Service<Request<()>> for Scripted {
    type Response = Response<ScriptedBody>;
    type Error = BoxError;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let script = self.0.clone();
        if script.service == scripts::Service::UnwindsInCall {
            panic!("{EXPECTED}");
        }
        let mut polls = 0;
        Box::pin(poll_fn(move |_| {
            polls += 1;
            match script.service {
                scripts::Service::Answers(after) if polls > after => {
                    Poll::Ready(Ok(script.response()))
                }
                scripts::Service::Fails(after) if polls > after => Poll::Ready(Err("no".into())),
                scripts::Service::Unwinds(after) if polls > after => panic!("{EXPECTED}"),
                _ => Poll::Pending,
            }
        }))
    }
}

/// What the caller of a script sees, as text: to be compared between the bare service and the
/// observed one.
pub fn consume<S, B>(mut service: S, script: &Script) -> Vec<String>
where
    S: Service<Request<()>, Response = Response<B>, Error = BoxError>,
    B: Body<Data: AsRef<[u8]>, Error = ScriptError>,
{
    let mut seen = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());

    let called = catch_unwind(AssertUnwindSafe(|| service.call(script.request())));
    let Ok(future) = called else {
        seen.push("unwound in call".to_owned());
        return seen;
    };
    let mut future = Box::pin(future);
    let polls = match script.service {
        scripts::Service::IsDropped(polls) => polls,
        // More than any answer takes.
        _ => 10,
    };
    let mut answer = None;
    for _ in 0..polls {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))) {
            Err(_) => {
                seen.push("unwound".to_owned());
                break;
            }
            Ok(Poll::Pending) => seen.push("pending".to_owned()),
            Ok(Poll::Ready(Err(error))) => {
                seen.push(format!("failed: {error}"));
                break;
            }
            Ok(Poll::Ready(Ok(res))) => {
                answer = Some(res);
                break;
            }
        }
    }
    drop(future);
    let Some(res) = answer else {
        return seen;
    };

    let (head, body) = res.into_parts();
    seen.push(format!("{} {:?}", head.status, head.headers));
    let mut body = pin!(body);
    for _ in 0..script.polls {
        seen.push(format!("{} {:?}", body.is_end_stream(), body.size_hint()));
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(&mut cx))) {
            Err(_) => {
                seen.push("unwound".to_owned());
                break;
            }
            Ok(Poll::Ready(Some(Ok(frame)))) => seen.push(match frame.into_data() {
                Ok(data) => format!("data {:?}", data.as_ref()),
                Err(frame) => format!("trailers {:?}", frame.into_trailers().ok()),
            }),
            Ok(other) => seen.push(format!("{:?}", other.map_ok(|_| ()))),
        }
    }
    seen
}
