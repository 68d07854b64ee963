//! Rejected calls do not reach the service, and observers record them as rejected.

use std::convert::Infallible;
use std::error::Error;
use std::task::Poll;

use gusset_breaker::{CircuitBreaker, CircuitOpen, State, http_response};
use gusset_core::{ObserveLayer, Outcome, Rejected};
use gusset_http::{Grpc, Http, HttpClientClassifier};
use gusset_testkit::{RecordedCall, RecordingObserver, ScriptedBody};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{
    breaker, consecutive, context, drain, fail, now, request, response, secs, serve,
};

fn open() -> CircuitBreaker {
    let (breaker, _) = breaker(consecutive(1));
    fail(&breaker, 1);
    breaker
}

fn ok() -> Result<Response<ScriptedBody>, Infallible> {
    Ok(response(200, &[], ScriptedBody::new()))
}

/// A scripted body with a text, for the problem document (RFC 9457).
struct Text(ScriptedBody);

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self(ScriptedBody::new().data(text))
    }
}

fn ready<S: Service<Request<()>>>(service: &mut S) -> bool {
    matches!(service.poll_ready(&mut context()), Poll::Ready(Ok(())))
}

#[test]
fn open_breaker_responds_without_service() {
    let service = serve(ok);
    let layer = open()
        .http_client()
        .respond_with(|open: CircuitOpen| http_response::<Text>(&open).map(|text| text.0));
    let mut admitted = layer.layer(service.clone());
    assert!(ready(&mut admitted));
    let answer = now(admitted.call(request())).unwrap();
    assert_eq!(service.poll_and_call_counts(), (0, 0));
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let after: u64 = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=2).contains(&after), "{after}");
}

#[test]
fn closed_breaker_is_transparent() {
    let service = serve(ok);
    let (breaker, _) = breaker(consecutive(1));
    let layer = breaker
        .http_client()
        .respond_with(|_: CircuitOpen| unreachable!("it is closed"));
    let mut admitted = layer.layer(service.clone());
    assert!(ready(&mut admitted));
    drain(now(admitted.call(request())).unwrap().into_body());
    assert_eq!(service.poll_and_call_counts(), (1, 1));
}

/// Returns the only call that the observer has recorded.
fn only_call(observer: &RecordingObserver) -> RecordedCall {
    let calls = observer.calls();
    assert_eq!(calls.len(), 1);
    calls[0].clone()
}

#[test]
fn rejection_is_observed_as_rejected() {
    let observer = RecordingObserver::new();
    let layer = open()
        .http_client()
        .respond_with(|open: CircuitOpen| http_response::<Text>(&open).map(|text| text.0));
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(observer.clone());
    let mut service = observe.layer(layer.layer(serve(ok)));
    drain(now(service.call(request())).unwrap().into_body());
    let call = only_call(&observer);
    assert_eq!(
        (call.outcome, call.status),
        (Outcome::Rejected, Some("503"))
    );

    let observer = RecordingObserver::new();
    let layer = open().grpc_server();
    let observe = ObserveLayer::<Grpc, _>::new(observer.clone());
    let mut service = observe.layer(layer.layer(serve(ok)));
    let answer = now(service.call(request())).unwrap();
    assert_eq!(answer.headers()["grpc-status"], "14");
    let pushback: u64 = answer.headers()["grpc-retry-pushback-ms"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1000..=1100).contains(&pushback), "{pushback}");
    drain(answer.into_body());
    let call = only_call(&observer);
    assert_eq!(
        (call.outcome, call.status),
        (Outcome::Rejected, Some("UNAVAILABLE"))
    );

    type BoxError = Box<dyn Error + Send + Sync>;
    let observer = RecordingObserver::new();
    let failing = serve(|| Ok::<_, BoxError>(response(200, &[], ScriptedBody::new())));
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(observer.clone());
    let mut service = observe.layer(open().http_client().layer(failing));
    assert!(now(service.call(request())).is_err());
    assert_eq!(only_call(&observer).outcome, Outcome::Rejected);
}

#[test]
fn error_has_breaker_state_and_retry_after() {
    let (breaker, mock_clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    mock_clock.advance(secs(1) / 4);
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!((open.breaker(), open.state()), ("stock", State::Open));
    assert_eq!(open.retry_after(), Some(secs(3) / 4));
    assert_eq!(open.to_string(), "circuit breaker is open");
    let rejected = open.source().unwrap().downcast_ref::<Rejected>().unwrap();
    assert_eq!(
        (rejected.rejected_by(), rejected.retry_after()),
        ("stock", open.retry_after())
    );
    assert_eq!(Rejected::find_in(&open), Some(rejected));

    // Half-open: a retry after the open duration. Forced open: unknown.
    mock_clock.advance(secs(1));
    let _probe = breaker.try_acquire().unwrap();
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!(
        (open.state(), open.retry_after()),
        (State::HalfOpen, Some(secs(1)))
    );
    breaker.force_open();
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!(
        (open.state(), open.retry_after()),
        (State::ForcedOpen, None)
    );
    assert_eq!(breaker.rejected(), 3);
    assert!(
        !http_response::<String>(&open)
            .headers()
            .contains_key("retry-after")
    );
}

#[test]
fn call_after_skipped_readiness_is_rejected() {
    let service = serve(ok);
    let breaker = open();
    let layer = breaker.http_client().respond_with(|open: CircuitOpen| {
        assert_eq!(open.retry_after(), Some(secs(0)));
        response(503, &[], ScriptedBody::new())
    });
    let mut admitted = layer.layer(service.clone());
    assert!(ready(&mut admitted));
    breaker.close();
    assert_eq!(now(admitted.call(request())).unwrap().status(), 503);
    assert_eq!(
        service.poll_and_call_counts(),
        (0, 0),
        "it was never polled for readiness"
    );
    assert_eq!(breaker.rejected(), 1);
    assert!(ready(&mut admitted));
    drain(now(admitted.call(request())).unwrap().into_body());
    assert_eq!(service.poll_and_call_counts(), (1, 1));
}

#[test]
fn fallback_response_is_not_counted() {
    let breaker = open();
    let layer = breaker
        .http_client()
        .respond_with(|_: CircuitOpen| response(200, &[], ScriptedBody::new().data("cached")));
    let observer = RecordingObserver::new();
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(observer.clone());
    let mut service = observe.layer(layer.layer(serve(ok)));
    let answer = now(service.call(request())).unwrap();
    assert_eq!(answer.status(), 200);
    drain(answer.into_body());
    assert_eq!(breaker.counts().calls, 0);
    assert_eq!(only_call(&observer).outcome, Outcome::Rejected);
}

#[test]
fn grpc_client_gets_unavailable() {
    let layer = open().grpc_client();
    // The error of the channel does not have to be `From<CircuitOpen>`.
    let mut client = layer.layer(serve(ok));
    let answer = now(client.call(request())).unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["grpc-status"], "14");
    assert!(drain(answer.into_body()));
}
