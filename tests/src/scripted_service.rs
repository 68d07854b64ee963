//! Runs a script without a connection.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset_testkit::{ScriptError, ScriptedBody};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::bodies::BoxError;
use crate::panics::EXPECTED;
use crate::scripts::{self, Script};

/// The service of a script.
#[derive(Clone, Debug)]
pub struct ScriptedService(Script);

impl ScriptedService {
    /// Creates the service of `script`.
    pub fn new(script: &Script) -> Self {
        crate::panics::silence_expected();
        Self(script.clone())
    }
}

impl Service<Request<()>> for ScriptedService {
    type Response = Response<ScriptedBody>;
    type Error = BoxError;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let script = self.0.clone();
        if script.service == scripts::ServiceStep::PanicsInCall {
            panic!("{EXPECTED}");
        }
        let mut polls = 0;
        Box::pin(poll_fn(move |_| {
            polls += 1;
            match script.service {
                scripts::ServiceStep::Responds(after) if polls > after => {
                    Poll::Ready(Ok(script.response()))
                }
                scripts::ServiceStep::Fails(after) if polls > after => {
                    Poll::Ready(Err("no".into()))
                }
                scripts::ServiceStep::Panics(after) if polls > after => panic!("{EXPECTED}"),
                _ => Poll::Pending,
            }
        }))
    }
}

/// Calls a service as the script's client does. Returns all that the client observes, as text that
/// can be compared.
pub fn run_script<S, B>(mut service: S, script: &Script) -> Vec<String>
where
    S: Service<Request<()>, Response = Response<B>, Error = BoxError>,
    B: Body<Data: AsRef<[u8]>, Error = ScriptError>,
{
    let mut events = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());

    let called = catch_unwind(AssertUnwindSafe(|| service.call(script.request())));
    let Ok(future) = called else {
        events.push("panicked in call".to_owned());
        return events;
    };
    let mut future = Box::pin(future);
    let polls = match script.service {
        scripts::ServiceStep::Dropped(polls) => polls,
        // More than any response takes.
        _ => 10,
    };
    let mut response = None;
    for _ in 0..polls {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))) {
            Err(_) => {
                events.push("panicked".to_owned());
                break;
            }
            Ok(Poll::Pending) => events.push("pending".to_owned()),
            Ok(Poll::Ready(Err(error))) => {
                events.push(format!("failed: {error}"));
                break;
            }
            Ok(Poll::Ready(Ok(res))) => {
                response = Some(res);
                break;
            }
        }
    }
    drop(future);
    let Some(res) = response else {
        return events;
    };

    let (parts, body) = res.into_parts();
    events.push(format!("{} {:?}", parts.status, parts.headers));
    let mut body = pin!(body);
    for _ in 0..script.polls {
        events.push(format!("{} {:?}", body.is_end_stream(), body.size_hint()));
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(&mut cx))) {
            Err(_) => {
                events.push("panicked".to_owned());
                break;
            }
            Ok(Poll::Ready(Some(Ok(frame)))) => events.push(match frame.into_data() {
                Ok(data) => format!("data {:?}", data.as_ref()),
                Err(frame) => format!("trailers {:?}", frame.into_trailers().ok()),
            }),
            Ok(other) => events.push(format!("{:?}", other.map_ok(|_| ()))),
        }
    }
    events
}
