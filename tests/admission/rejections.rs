//! A rejected call does not reach the service, and is recorded as rejected.

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
use gusset_tests::bodies::{AnyBody, BoxError};
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::servers::Server;
use gusset_tests::stack::{hyper_service, only_call, router};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::gate::{Gate, outer_observer};

/// A service that counts its calls, and is pending for the first polls of `poll_ready`.
struct CountedService<E> {
    calls: Arc<AtomicUsize>,
    pending_polls: usize,
    error: std::marker::PhantomData<fn() -> E>,
}

impl<E> CountedService<E> {
    fn new(calls: &Arc<AtomicUsize>) -> Self {
        Self {
            calls: calls.clone(),
            pending_polls: 0,
            error: std::marker::PhantomData,
        }
    }
}

impl<E> Service<Request<()>> for CountedService<E> {
    type Response = Response<ScriptedBody>;
    type Error = E;
    type Future = Ready<Result<Self::Response, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        match self.pending_polls.checked_sub(1) {
            Some(pending_polls) => {
                self.pending_polls = pending_polls;
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

/// Calls a service that responds on the first poll.
fn call<S: Service<Request<()>>>(service: &mut S) -> Result<S::Response, S::Error> {
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(())) = service.poll_ready(&mut cx) else {
        panic!("it is ready");
    };
    let mut future = Box::pin(service.call(Request::new(())));
    let Poll::Ready(response) = future.as_mut().poll(&mut cx) else {
        panic!("the service responds at once");
    };
    response
}

/// Rejects a call of a service with this error type, and returns the record of an outer observer.
fn reject_with<E: From<Rejected> + 'static>() -> RecordedCall {
    let (gate, recorder, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let service = gate.layer().layer(CountedService::<E>::new(&calls));
    assert!(call(&mut outer_observer(&recorder).layer(service)).is_err());
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the service was called");
    assert!(gate.permits.calls().is_empty(), "no permit was granted");
    only_call(&recorder)
}

#[track_caller]
fn assert_rejected_with_error(call: &RecordedCall) {
    assert_eq!((call.end, call.stage), ("Failed", Some(Stage::Headers)));
    assert_eq!(
        (call.outcome, call.error),
        (Outcome::Rejected, Some("rejected"))
    );
    assert_eq!((call.status, call.bytes), (None, 0));
}

#[test]
fn response_503_is_recorded_as_rejected() {
    let (gate, recorder, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let admission = gate
        .layer()
        .respond_with(|rejected: Rejected| service_unavailable(&rejected));
    let service = admission.layer(CountedService::<Infallible>::new(&calls));
    let Ok(res) = call(&mut outer_observer(&recorder).layer(service));
    assert_eq!(
        (res.status().as_u16(), &res.headers()["retry-after"]),
        (503, &"2".parse().unwrap())
    );
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the service was called");
    assert!(gate.permits.calls().is_empty(), "no permit was granted");
    drop(res);
    let call = only_call(&recorder);
    assert_eq!((call.end, call.outcome), ("Complete", Outcome::Rejected));
    assert_eq!((call.status, call.error), (Some("503"), Some("503")));
}

#[test]
fn rejection_error_is_recorded_as_rejected() {
    assert_rejected_with_error(&reject_with::<Rejected>());
}

#[test]
fn boxed_rejection_is_recorded_as_rejected() {
    assert_rejected_with_error(&reject_with::<BoxError>());
    assert_rejected_with_error(&reject_with::<Box<dyn Error>>());
}

/// A typical error type of a service.
#[derive(Debug)]
enum OwnError {
    Rejected(Rejected),
}

impl From<Rejected> for OwnError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not served")
    }
}

impl Error for OwnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let Self::Rejected(rejected) = self;
        Some(rejected)
    }
}

#[test]
fn source_of_service_error_is_recorded_as_rejected() {
    assert_rejected_with_error(&reject_with::<OwnError>());
}

#[test]
fn source_of_boxed_error_is_recorded_as_rejected() {
    let (gate, recorder, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let service = gate.layer().layer(CountedService::<OwnError>::new(&calls));
    let boxed = tower::util::MapErr::new(service, BoxError::from);
    assert!(call(&mut outer_observer(&recorder).layer(boxed)).is_err());
    assert_rejected_with_error(&only_call(&recorder));
}

#[test]
fn source_of_io_error_is_recorded_as_rejected() {
    let (gate, recorder, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let service = gate.layer().layer(CountedService::<Rejected>::new(&calls));
    let io = tower::util::MapErr::new(service, io::Error::other::<Rejected>);
    assert!(call(&mut outer_observer(&recorder).layer(io)).is_err());
    assert_rejected_with_error(&only_call(&recorder));
}

#[test]
fn readiness_is_that_of_the_service() {
    let (gate, calls) = (Gate::closed(), Arc::default());
    let mut service = gate.layer().layer(CountedService::<Rejected> {
        pending_polls: 2,
        ..CountedService::new(&calls)
    });
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_pending());
    assert!(service.poll_ready(&mut cx).is_pending());
    assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))));
    assert!(call(&mut service).is_err());
}

#[test]
fn dropped_rejection_is_cancelled() {
    let (gate, recorder, calls) = (Gate::closed(), RecordingObserver::new(), Arc::default());
    let service = gate.layer().layer(CountedService::<Rejected>::new(&calls));
    drop(
        outer_observer(&recorder)
            .layer(service)
            .call(Request::new(())),
    );
    assert_eq!(calls.load(Ordering::Relaxed), 0, "the service was called");
    let call = only_call(&recorder);
    assert_eq!((call.end, call.stage), ("Cancelled", Some(Stage::Headers)));
    assert_eq!(call.outcome, Outcome::Cancelled);
}

#[test]
fn outer_permit_records_inner_rejection() {
    let (outer, inner, calls) = (Gate::open(), Gate::closed(), Arc::default());
    let service = outer
        .layer()
        .layer(inner.layer().layer(CountedService::<Rejected>::new(&calls)));
    let mut service = service;
    assert!(call(&mut service).is_err());
    assert_rejected_with_error(&only_call(&outer.permits));

    let (outer, inner) = (Gate::open(), Gate::closed());
    let admission = inner
        .layer()
        .respond_with(|rejected: Rejected| service_unavailable(&rejected));
    let service = admission.layer(CountedService::<Rejected>::new(&calls));
    assert!(call(&mut outer.layer().layer(service)).is_ok());
    let call = only_call(&outer.permits);
    assert_eq!((call.end, call.outcome), ("Complete", Outcome::Rejected));
}

#[test]
fn connection_receives_the_rejection() {
    async fn unreachable(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
        unreachable!("the service was called")
    }
    for transport in [
        Transport::Http1,
        Transport::Http2,
        Transport::AxumHttp1,
        Transport::AxumHttp2,
    ] {
        let (gate, recorder) = (Gate::closed(), RecordingObserver::new());
        let admission = gate.layer();
        let server = if transport.is_axum() {
            let admission =
                admission.respond_with(|rejected: Rejected| service_unavailable(&rejected));
            Server::axum(
                router(unreachable)
                    .layer(admission)
                    .layer(outer_observer(&recorder)),
            )
        } else {
            let admission =
                admission.respond_with(|rejected: Rejected| service_unavailable(&rejected));
            let service =
                outer_observer(&recorder).layer(admission.layer(hyper_service(unreachable)));
            if transport == Transport::Http2 {
                Server::http2(service)
            } else {
                Server::http1(service)
            }
        };
        run(async {
            if transport.is_http2() {
                let connection = http2::Connection::open(server.addr()).await;
                let req = Request::get("http://localhost/")
                    .body(())
                    .expect("a request");
                let res = with_timeout(connection.send(req, true).await.0)
                    .await
                    .expect("response headers");
                assert_eq!(
                    (res.status().as_u16(), &res.headers()["retry-after"]),
                    (503, &"2".parse().unwrap())
                );
            } else {
                let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
                let response = http1::Connection::round_trip(server.addr(), request).await;
                let response = String::from_utf8_lossy(&response);
                assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
                assert!(response.contains("\r\nretry-after: 2\r\n"), "{response}");
            }
        });
        drop(server);
        let call = only_call(&recorder);
        assert_eq!(
            (call.end, call.outcome),
            ("Complete", Outcome::Rejected),
            "{transport:?}"
        );
        assert_eq!((call.status, call.error), (Some("503"), Some("503")));
        assert!(gate.permits.calls().is_empty(), "no permit was granted");
    }
}
