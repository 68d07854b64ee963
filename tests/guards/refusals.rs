//! A refusal: the service is not touched, and an observer outside sees it for what it is.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use gusset_core::{Outcome, Rejected, Stage};
use gusset_http::service_unavailable;
use gusset_testkit::{RecordedCall, RecordingObserver, ScriptedBody};
use gusset_tests::answers::{AnyBody, BoxError};
use gusset_tests::cases::Over;
use gusset_tests::clients::{http1, http2, run, soon};
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, only_fact, router};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::gate::{Gate, outside};

/// A service that counts its calls, and is not ready for the first so many polls.
struct Counted<E> {
    calls: Arc<AtomicUsize>,
    busy: usize,
    error: std::marker::PhantomData<fn() -> E>,
}

impl<E> Counted<E> {
    fn new(calls: &Arc<AtomicUsize>) -> Self {
        Self {
            calls: calls.clone(),
            busy: 0,
            error: std::marker::PhantomData,
        }
    }
}

impl<E> Service<Request<()>> for Counted<E> {
    type Response = Response<ScriptedBody>;
    type Error = E;
    type Future = Ready<Result<Self::Response, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        match self.busy.checked_sub(1) {
            Some(busy) => {
                self.busy = busy;
                Poll::Pending
            }
            None => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.calls.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Response::new(ScriptedBody::new().data("served"))))
    }
}

/// Calls a service that answers at its first poll.
fn call<S: Service<Request<()>>>(service: &mut S) -> Result<S::Response, S::Error> {
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(())) = service.poll_ready(&mut cx) else {
        panic!("it is ready");
    };
    let mut future = Box::pin(service.call(Request::new(())));
    let Poll::Ready(answer) = future.as_mut().poll(&mut cx) else {
        panic!("it answers at once");
    };
    answer
}

/// Refuses a call of a service with that error, and gives what an observer outside was told.
fn refused_with<E: From<Rejected> + 'static>() -> RecordedCall {
    let (gate, witness, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let guarded = gate.layer().layer(Counted::<E>::new(&calls));
    assert!(call(&mut outside(&witness).layer(guarded)).is_err());
    assert_eq!(
        calls.load(Ordering::Relaxed),
        0,
        "the service is not touched"
    );
    assert!(gate.permits.calls().is_empty(), "there was no permit");
    only_fact(&witness)
}

#[track_caller]
fn assert_refused_by_an_error(fact: &RecordedCall) {
    assert_eq!((fact.end, fact.stage), ("Failed", Some(Stage::Headers)));
    assert_eq!(
        (fact.outcome, fact.error),
        (Outcome::Rejected, Some("rejected"))
    );
    assert_eq!((fact.status, fact.bytes), (None, 0));
}

#[test]
fn a_refusal_answered_by_503_is_seen_as_refused() {
    let (gate, witness, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let guard = gate
        .layer()
        .respond_with(|refused: Rejected| service_unavailable(&refused));
    let guarded = guard.layer(Counted::<Infallible>::new(&calls));
    let Ok(res) = call(&mut outside(&witness).layer(guarded));
    assert_eq!(
        (res.status().as_u16(), &res.headers()["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    assert_eq!(
        calls.load(Ordering::Relaxed),
        0,
        "the service is not touched"
    );
    assert!(gate.permits.calls().is_empty(), "there was no permit");
    drop(res);
    let fact = only_fact(&witness);
    assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Rejected));
    assert_eq!((fact.status, fact.error), (Some("503"), Some("503")));
}

#[test]
fn a_refusal_as_the_error_itself_is_seen_as_refused() {
    assert_refused_by_an_error(&refused_with::<Rejected>());
}

#[test]
fn a_refusal_as_a_boxed_error_is_seen_as_refused() {
    assert_refused_by_an_error(&refused_with::<BoxError>());
    assert_refused_by_an_error(&refused_with::<Box<dyn Error>>());
}

/// What a service's error looks like as a rule.
#[derive(Debug)]
enum OwnError {
    Rejected(Rejected),
}

impl From<Rejected> for OwnError {
    fn from(refused: Rejected) -> Self {
        Self::Rejected(refused)
    }
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not served")
    }
}

impl Error for OwnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let Self::Rejected(refused) = self;
        Some(refused)
    }
}

#[test]
fn a_refusal_as_a_service_s_own_error_is_seen_as_refused() {
    assert_refused_by_an_error(&refused_with::<OwnError>());
}

#[test]
fn a_refusal_inside_a_boxed_error_is_seen_as_refused() {
    let (gate, witness, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let guarded = gate.layer().layer(Counted::<OwnError>::new(&calls));
    let boxed = tower::util::MapErr::new(guarded, BoxError::from);
    assert!(call(&mut outside(&witness).layer(boxed)).is_err());
    assert_refused_by_an_error(&only_fact(&witness));
}

#[test]
fn a_refusal_inside_an_io_error_is_seen_as_refused() {
    let (gate, witness, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let guarded = gate.layer().layer(Counted::<Rejected>::new(&calls));
    let io = tower::util::MapErr::new(guarded, io::Error::other::<Rejected>);
    assert!(call(&mut outside(&witness).layer(io)).is_err());
    assert_refused_by_an_error(&only_fact(&witness));
}

#[test]
fn a_guard_refuses_in_call_and_leaves_readiness_to_the_service() {
    let (gate, calls) = (Gate::closed(), Arc::default());
    let mut guarded = gate.layer().layer(Counted::<Rejected> {
        busy: 2,
        ..Counted::new(&calls)
    });
    let mut cx = Context::from_waker(Waker::noop());
    assert!(guarded.poll_ready(&mut cx).is_pending());
    assert!(guarded.poll_ready(&mut cx).is_pending());
    assert!(matches!(guarded.poll_ready(&mut cx), Poll::Ready(Ok(()))));
    assert!(call(&mut guarded).is_err());
}

#[test]
fn a_refusal_that_nobody_waits_for_is_cancelled() {
    let (gate, witness, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let guarded = gate.layer().layer(Counted::<Rejected>::new(&calls));
    drop(outside(&witness).layer(guarded).call(Request::new(())));
    assert_eq!(
        calls.load(Ordering::Relaxed),
        0,
        "the service is not touched"
    );
    let fact = only_fact(&witness);
    assert_eq!((fact.end, fact.stage), ("Cancelled", Some(Stage::Headers)));
    assert_eq!(fact.outcome, Outcome::Cancelled);
}

#[test]
fn a_permit_hears_that_a_guard_further_in_refused() {
    let (outer, inner, calls) = (Gate::open(), Gate::closed(), Arc::default());
    let guarded = outer
        .layer()
        .layer(inner.layer().layer(Counted::<Rejected>::new(&calls)));
    let mut guarded = guarded;
    assert!(call(&mut guarded).is_err());
    assert_refused_by_an_error(&only_fact(&outer.permits));

    let (outer, inner) = (Gate::open(), Gate::closed());
    let guard = inner
        .layer()
        .respond_with(|refused: Rejected| service_unavailable(&refused));
    let guarded = guard.layer(Counted::<Rejected>::new(&calls));
    assert!(call(&mut outer.layer().layer(guarded)).is_ok());
    let fact = only_fact(&outer.permits);
    assert_eq!((fact.end, fact.outcome), ("Complete", Outcome::Rejected));
}

#[test]
fn a_refusal_over_a_real_connection_is_answered_and_seen_as_refused() {
    async fn unreachable(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
        unreachable!("the service is not touched")
    }
    for over in [Over::Http1, Over::Http2, Over::AxumHttp1, Over::AxumHttp2] {
        let (gate, witness) = (Gate::closed(), RecordingObserver::new());
        let guard = gate.layer();
        let server = if over.is_axum() {
            let guard = guard.respond_with(|refused: Rejected| service_unavailable(&refused));
            Server::axum(router(unreachable).layer(guard).layer(outside(&witness)))
        } else {
            let guard = guard.respond_with(|refused: Rejected| service_unavailable(&refused));
            let service = outside(&witness).layer(guard.layer(hyper_service(unreachable)));
            if over == Over::Http2 {
                Server::http2(service)
            } else {
                Server::http1(service)
            }
        };
        run(async {
            if over.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let req = Request::get("http://localhost/")
                    .body(())
                    .expect("a request");
                let res = soon(connection.send(req, true).await.0)
                    .await
                    .expect("a head");
                assert_eq!(
                    (res.status().as_u16(), &res.headers()["retry-after"]),
                    (503, &"2".parse().unwrap())
                );
            } else {
                let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
                let answer = http1::Connection::ask(server.addr(), request).await;
                let answer = String::from_utf8_lossy(&answer);
                assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
                assert!(answer.contains("\r\nretry-after: 2\r\n"), "{answer}");
            }
        });
        drop(server);
        let fact = only_fact(&witness);
        assert_eq!(
            (fact.end, fact.outcome),
            ("Complete", Outcome::Rejected),
            "{over:?}"
        );
        assert_eq!((fact.status, fact.error), (Some("503"), Some("503")));
        assert!(gate.permits.calls().is_empty(), "there was no permit");
    }
}
