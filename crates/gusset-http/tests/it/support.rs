//! A service with one response, and functions that poll.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Once;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_core::{Clock, ObserveLayer};
use gusset_http::{Http, HttpClassifier, HttpServerClassifier, ObservedBody};
use gusset_testkit::{
    RecordedCall, RecordingObserver, RecordingObserverCall, ScriptError, ScriptedBody,
};
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use tower_layer::Layer;
use tower_service::Service;

/// The body of an observed response.
pub(crate) type Tracked<R = HttpServerClassifier> =
    ObservedBody<ScriptedBody, R, RecordingObserverCall>;

/// The result of one poll of a body.
pub(crate) type Polled<D = Bytes, E = ScriptError> = Poll<Option<Result<Frame<D>, E>>>;

/// Returns its response, once.
pub(crate) struct Answers<B>(Option<Response<B>>);

impl<B> Answers<B> {
    pub(crate) fn with(response: Response<B>) -> Self {
        Self(Some(response))
    }
}

impl<B, D> Service<Request<D>> for Answers<B> {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<D>) -> Self::Future {
        ready(Ok(self.0.take().expect("one call, one response")))
    }
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready at its first poll"),
    }
}

pub(crate) fn frame<B: Body + Unpin>(body: &mut B) -> Polled<B::Data, B::Error> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// Polls until the body ends or fails, or is pending forever.
pub(crate) fn drain<B: Body + Unpin>(body: &mut B) {
    let mut polls_left = 100;
    while polls_left > 0 && !matches!(frame(body), Poll::Ready(None | Some(Err(_)))) {
        polls_left -= 1;
    }
}

pub(crate) fn request(method: Method) -> Request<()> {
    Request::builder()
        .method(method)
        .uri("/items/7")
        .body(())
        .unwrap()
}

/// Returns a request of gRPC.
pub(crate) fn grpc_request(uri: &str) -> Request<()> {
    Request::post(uri)
        .header("content-type", "application/grpc")
        .body(())
        .unwrap()
}

pub(crate) fn ok<B>(body: B) -> Response<B> {
    Response::new(body)
}

pub(crate) fn status<B>(status: u16, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Returns the response of an observed service, and its recorder.
pub(crate) fn observe<B>(
    response: Response<B>,
) -> (
    Response<ObservedBody<B, HttpServerClassifier, RecordingObserverCall>>,
    RecordingObserver,
)
where
    B: Body,
    B::Error: 'static,
{
    observe_as::<HttpServerClassifier, B>(request(Method::GET), response, Clock::system())
}

pub(crate) fn observe_as<R: HttpClassifier, B>(
    request: Request<()>,
    response: Response<B>,
    clock: Clock,
) -> (
    Response<ObservedBody<B, R, RecordingObserverCall>>,
    RecordingObserver,
)
where
    B: Body,
    B::Error: 'static,
{
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http<R>, _>::new(recorder.clone()).with_clock(clock);
    let mut service = layer.layer(Answers::with(response));
    let Ok(response) = now(service.call(request));
    (response, recorder)
}

/// Returns the only call.
pub(crate) fn only(recorder: &RecordingObserver) -> RecordedCall {
    let mut calls = recorder.calls();
    assert_eq!(
        (calls.len(), recorder.in_flight()),
        (1, 0),
        "one call that has ended"
    );
    calls.remove(0)
}

/// Returns the end of the only call and its stage: `Cancelled(body)`.
pub(crate) fn end(recorder: &RecordingObserver) -> String {
    let call = only(recorder);
    match call.stage {
        Some(stage) => format!("{}({})", call.end, stage.as_str()),
        None if call.trailers => format!("{}(trailers)", call.end),
        None => call.end.to_owned(),
    }
}

/// Returns whether `run` panicked with the message of a scripted body.
pub(crate) fn panics<R>(run: impl FnOnce() -> R) -> bool {
    static INSTALL_HOOK: Once = Once::new();
    let scripted = |payload: &dyn std::any::Any| payload.downcast_ref() == Some(&"scripted panic");
    INSTALL_HOOK.call_once(|| {
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !scripted(info.payload()) {
                default(info);
            }
        }));
    });
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => false,
        Err(payload) => scripted(&*payload) || panic::resume_unwind(payload),
    }
}
