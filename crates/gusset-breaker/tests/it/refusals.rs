//! A refusal: the service is not touched, and whoever looks sees it for what it is.

use std::convert::Infallible;
use std::error::Error;
use std::task::Poll;

use gusset_breaker::{Breaker, Open, State, grpc_unavailable, unavailable};
use gusset_core::{ObserveLayer, Outcome, Rejected};
use gusset_http::{Grpc, Http, HttpClientClassifier};
use gusset_testkit::{RecordedCall, RecordingObserver, ScriptedBody};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{
    breaker, context, drain, fail, in_a_row, now, request, response, secs, serve,
};

fn open() -> Breaker {
    let (breaker, _) = breaker(in_a_row(1));
    fail(&breaker, 1);
    breaker
}

fn ok() -> Result<Response<ScriptedBody>, Infallible> {
    Ok(response(200, &[], ScriptedBody::new()))
}

/// A scripted body from a text, for the problem of RFC 9457.
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
fn an_open_breaker_answers_at_once_and_touches_nothing() {
    let service = serve(ok);
    let layer = open()
        .http_client()
        .respond_with(|open: Open| unavailable::<Text>(&open).map(|text| text.0));
    let mut guarded = layer.layer(service.clone());
    assert!(ready(&mut guarded));
    let answer = now(guarded.call(request())).unwrap();
    assert_eq!(service.touched(), (0, 0));
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
fn a_closed_breaker_is_not_seen() {
    let service = serve(ok);
    let (breaker, _) = breaker(in_a_row(1));
    let layer = breaker
        .http_client()
        .respond_with(|_: Open| unreachable!("it is closed"));
    let mut guarded = layer.layer(service.clone());
    assert!(ready(&mut guarded));
    drain(now(guarded.call(request())).unwrap().into_body());
    assert_eq!(service.touched(), (1, 1));
}

/// What an observer outside of the breaker is told of a refusal.
fn outside(fact: &RecordingObserver) -> RecordedCall {
    let facts = fact.facts();
    assert_eq!(facts.len(), 1);
    facts[0].clone()
}

#[test]
fn a_refusal_is_seen_as_refused() {
    let witness = RecordingObserver::new();
    let layer = open()
        .http_client()
        .respond_with(|open: Open| unavailable::<Text>(&open).map(|text| text.0));
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(witness.clone());
    let mut service = observe.layer(layer.layer(serve(ok)));
    drain(now(service.call(request())).unwrap().into_body());
    let fact = outside(&witness);
    assert_eq!(
        (fact.outcome, fact.status),
        (Outcome::Rejected, Some("503"))
    );

    let witness = RecordingObserver::new();
    let layer = open()
        .grpc_server()
        .respond_with(|open: Open| grpc_unavailable(&open));
    let observe = ObserveLayer::<Grpc, _>::new(witness.clone());
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
    let fact = outside(&witness);
    assert_eq!(
        (fact.outcome, fact.status),
        (Outcome::Rejected, Some("UNAVAILABLE"))
    );

    type BoxError = Box<dyn Error + Send + Sync>;
    let witness = RecordingObserver::new();
    let failing = serve(|| Ok::<_, BoxError>(response(200, &[], ScriptedBody::new())));
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(witness.clone());
    let mut service = observe.layer(open().http_client().layer(failing));
    assert!(now(service.call(request())).is_err());
    assert_eq!(outside(&witness).outcome, Outcome::Rejected);
}

#[test]
fn open_tells_whose_it_is_and_how_long_it_lasts() {
    let (breaker, hand) = breaker(in_a_row(1));
    fail(&breaker, 1);
    hand.advance(secs(1) / 4);
    let open = breaker.try_acquire().unwrap_err();
    assert_eq!((open.breaker(), open.state()), ("stock", State::Open));
    assert_eq!(open.retry_after(), Some(secs(3) / 4));
    assert_eq!(open.to_string(), "circuit breaker is open");
    let mark = open.source().unwrap().downcast_ref::<Rejected>().unwrap();
    assert_eq!(
        (mark.by(), mark.retry_after()),
        ("stock", open.retry_after())
    );
    assert_eq!(Rejected::find_in(&open), Some(mark));

    // Half-open, another try makes sense after the open time; forced open, nobody knows.
    hand.advance(secs(1));
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
    assert_eq!(breaker.refused(), 3);
    assert!(
        !unavailable::<String>(&open)
            .headers()
            .contains_key("retry-after")
    );
}

#[test]
fn a_call_whose_readiness_was_asked_of_an_open_breaker_is_refused_even_if_it_closed() {
    let service = serve(ok);
    let breaker = open();
    let layer = breaker.http_client().respond_with(|open: Open| {
        assert_eq!(open.retry_after(), Some(secs(0)));
        response(503, &[], ScriptedBody::new())
    });
    let mut guarded = layer.layer(service.clone());
    assert!(ready(&mut guarded));
    breaker.close();
    assert_eq!(now(guarded.call(request())).unwrap().status(), 503);
    assert_eq!(service.touched(), (0, 0), "it was never readied");
    assert_eq!(breaker.refused(), 1);
    assert!(ready(&mut guarded));
    drain(now(guarded.call(request())).unwrap().into_body());
    assert_eq!(service.touched(), (1, 1));
}

#[test]
fn a_fallback_may_answer_and_is_never_counted() {
    let breaker = open();
    let layer = breaker
        .http_client()
        .respond_with(|_: Open| response(200, &[], ScriptedBody::new().data("from the shelf")));
    let witness = RecordingObserver::new();
    let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new(witness.clone());
    let mut service = observe.layer(layer.layer(serve(ok)));
    let answer = now(service.call(request())).unwrap();
    assert_eq!(answer.status(), 200);
    drain(answer.into_body());
    assert_eq!(breaker.counts().calls, 0);
    assert_eq!(outside(&witness).outcome, Outcome::Rejected);
}
