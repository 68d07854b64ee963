//! A service that gives one answer, and a hand to poll with.

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

/// The body of an observed answer.
pub(crate) type Tracked<R = HttpServerClassifier> =
    ObservedBody<ScriptedBody, R, RecordingObserverCall>;

/// What one poll of a body gives.
pub(crate) type Polled<D = Bytes, E = ScriptError> = Poll<Option<Result<Frame<D>, E>>>;

/// Gives the answer it was made with, once.
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
        ready(Ok(self.0.take().expect("one call, one answer")))
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

/// Polls until the body has nothing more to give, or waits for ever, or fails.
pub(crate) fn drain<B: Body + Unpin>(body: &mut B) {
    let mut patience = 100;
    while patience > 0 && !matches!(frame(body), Poll::Ready(None | Some(Err(_)))) {
        patience -= 1;
    }
}

pub(crate) fn request(method: Method) -> Request<()> {
    Request::builder()
        .method(method)
        .uri("/items/7")
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

/// The answer as it leaves an observed service, with the witness of it.
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
    let witness = RecordingObserver::new();
    let layer = ObserveLayer::<Http<R>, _>::new(witness.clone()).with_clock(clock);
    let mut service = layer.layer(Answers::with(response));
    let Ok(response) = now(service.call(request));
    (response, witness)
}

/// The facts of the only call.
pub(crate) fn only(witness: &RecordingObserver) -> RecordedCall {
    let mut facts = witness.calls();
    assert_eq!(
        (facts.len(), witness.in_flight()),
        (1, 0),
        "one call, one end"
    );
    facts.remove(0)
}

/// The name of the only call's end, and how far it had come: `Cancelled(body)`.
pub(crate) fn end(witness: &RecordingObserver) -> String {
    let fact = only(witness);
    match fact.stage {
        Some(stage) => format!("{}({})", fact.end, stage.as_str()),
        None if fact.trailers => format!("{}(trailers)", fact.end),
        None => fact.end.to_owned(),
    }
}

/// Whether `run` panicked as the script of a body says.
pub(crate) fn panics<R>(run: impl FnOnce() -> R) -> bool {
    static QUIET: Once = Once::new();
    let scripted =
        |payload: &dyn std::any::Any| payload.downcast_ref() == Some(&"as the script says");
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !scripted(info.payload()) {
                loud(info);
            }
        }));
    });
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => false,
        Err(thrown) => scripted(&*thrown) || panic::resume_unwind(thrown),
    }
}
