//! The rules of every observer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::thread;

use gusset_core::{CallTracker, Clock, ObserveLayer, Observer, SpanIds};
use gusset_http::Http;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::scenario::ALL;
use crate::{RecordingObserver, ScriptedBody};

/// Checks that every kind of end is received without a panic, and by other observers too.
///
/// # Panics
/// If the rule is broken.
pub fn every_end_is_received<O: Observer<Http>>(observer: O) {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new((recorder.clone(), observer, recorder.clone()));
    let mut heard = 0;
    for scenario in ALL {
        scenario.play(layer.layer(scenario.service()), |mut service, req| {
            service.call(req)
        });
        let calls = recorder.calls();
        // One on either side of the observer.
        let (outer, inner) = (&calls[heard..heard + 1], &calls[heard + 1..]);
        scenario.check(outer);
        scenario.check(inner);
        assert_eq!(
            recorder.in_flight(),
            0,
            "the call that is {}",
            scenario.name
        );
        heard += 2;
    }
}

/// Checks that `exit` restores what `enter` changed: after a poll, also one that unwinds, the ids of the thread
/// are those of before.
///
/// # Panics
/// If the rule is broken.
#[allow(clippy::needless_pass_by_value, reason = "all rules are called alike")]
pub fn polls_leave_the_thread_as_it_was<O: Observer<Http>>(observer: O) {
    let req = Request::new(());
    let outer = SpanIds::new([7; 16], [7; 8], true);
    let mut track = CallTracker::<Http, _>::start(&observer, (&req).into(), Clock::system());
    outer.scope(|| {
        for _ in 0..2 {
            track.in_scope(|| ());
            assert_eq!(SpanIds::current(), Some(outer), "`exit` restores the ids");
        }
        let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            track.in_scope(|| std::panic::resume_unwind(Box::new("thrown")));
        }));
        let thrown = thrown.expect_err("the panic of a poll passes through");
        assert_eq!(thrown.downcast_ref(), Some(&"thrown"));
        assert_eq!(SpanIds::current(), Some(outer), "`exit` restores the ids");
    });
}

/// Checks that calls on one thread may be polled in turns and end in any order.
///
/// # Panics
/// If the rule is broken.
pub fn calls_may_interleave<O: Observer<Http>>(observer: O) {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new((recorder.clone(), observer));
    let mut cx = Context::from_waker(Waker::noop());
    let mut bodies: Vec<Pin<Box<_>>> = Vec::new();
    for _ in 0..3 {
        let body = ScriptedBody::new()
            .data("a")
            .pending()
            .data("b")
            .without_end_hint();
        bodies.push(Box::pin(answer(
            &layer,
            Request::new(()),
            Response::new(body),
        )));
    }
    for _ in 0..4 {
        for body in &mut bodies {
            let _ = body.as_mut().poll_frame(&mut cx);
        }
    }
    bodies.remove(1);
    bodies.pop();
    bodies.clear();
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (3, 0));
}

/// Checks that a call may start, be polled and end on three threads, with several calls at a time.
///
/// # Panics
/// If the rule is broken.
pub fn calls_may_move_between_threads<O: Observer<Http>>(observer: O)
where
    O::Call: Send,
{
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new((recorder.clone(), observer));
    thread::scope(|scope| {
        for _ in 0..4 {
            let layer = &layer;
            scope.spawn(move || {
                let body = ScriptedBody::new().data("a").data("b").without_end_hint();
                let mut body = Box::pin(answer(layer, Request::new(()), Response::new(body)));
                scope.spawn(move || {
                    let _ = body
                        .as_mut()
                        .poll_frame(&mut Context::from_waker(Waker::noop()));
                    scope.spawn(move || drop(body));
                });
            });
        }
    });
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (4, 0));
}

/// Checks that malformed requests and responses do no harm.
///
/// # Panics
/// If the rule is broken.
pub fn hostile_requests_do_no_harm<O: Observer<Http>>(observer: O) {
    let recorder = RecordingObserver::new();
    let layer = ObserveLayer::<Http, _>::new((recorder.clone(), observer));
    let rubbish: Vec<u8> = (0x80..=0xff).chain([b'\t', b'"', b'\\', b' ']).collect();
    let rubbish = HeaderValue::from_bytes(&rubbish).expect("header values may be any such bytes");
    let long = format!("/{}?{}", "%".repeat(30_000), "a=\\&".repeat(8_000));
    let paths = [
        long.as_str(),
        "*",
        "/%00%ff",
        "//..//",
        "http://a:b@[::1]:65535/?",
    ];
    let methods = ["GET", "BREW", "get", "!#$%&'*+-.^_`|~"];
    let mut calls = 0;
    for path in paths {
        for method in methods {
            let mut req = Request::new(());
            *req.uri_mut() = path.parse::<Uri>().expect("the paths are targets");
            *req.method_mut() = Method::from_bytes(method.as_bytes()).expect("they are tokens");
            let mut res = Response::new(ScriptedBody::new().data(vec![0xff; 1 << 16]));
            for name in [
                "host",
                "traceparent",
                "content-length",
                "content-type",
                "user-agent",
            ] {
                for headers in [req.headers_mut(), res.headers_mut()] {
                    headers.append(name, rubbish.clone());
                    headers.append(name, rubbish.clone());
                }
            }
            let mut body = pin!(answer(&layer, req, res));
            let mut cx = Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut cx) {}
            calls += 1;
        }
    }
    assert_eq!((recorder.calls().len(), recorder.in_flight()), (calls, 0));
}

/// Returns the body of an observed call with the response `res`.
fn answer<O: Observer<Http>>(
    layer: &ObserveLayer<Http, O>,
    req: Request<()>,
    res: Response<ScriptedBody>,
) -> impl Body + use<O> {
    let mut res = Some(res);
    let mut service = layer.layer(Once(&mut res));
    let future = service.call(req);
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(res)) => res.into_body(),
        _ => unreachable!("it answers immediately"),
    }
}

/// A service with one response.
struct Once<'a>(&'a mut Option<Response<ScriptedBody>>);

impl Service<Request<()>> for Once<'_> {
    type Response = Response<ScriptedBody>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(self.0.take().expect("it is called once")))
    }
}
