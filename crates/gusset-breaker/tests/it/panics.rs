//! Panics of the user's functions do not reach the call.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_breaker::classify::{FailureClassifier, HttpFailures, Progress, classify_fn};
use gusset_breaker::throttle::AdaptiveThrottle;
use gusset_breaker::{BreakerRegistry, CallReport, CallResult, CircuitBreaker, Config, State};
use gusset_core::{CallContext, Clock, End};
use gusset_http::{Http, HttpClientClassifier, RequestHead, ResponseHead};
use gusset_testkit::ScriptedBody;
use http::Response;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, consecutive, drain, fail, now, request, response, serve};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Client = Http<HttpClientClassifier>;

fn good() -> Result<Response<ScriptedBody>, BoxError> {
    Ok(response(200, &[], ScriptedBody::new().data("served")))
}

/// Where a classifier panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Response,
    Progress,
    Completion,
}

#[derive(Clone)]
struct Panicking(Place);

impl FailureClassifier<Client> for Panicking {
    type ResponseState = ();

    fn on_response(&self, _: ResponseHead<'_>) {
        assert_ne!(self.0, Place::Response, "on purpose");
    }

    fn progress(&self, (): &(), chunks: u8) -> Progress {
        assert!(self.0 != Place::Progress || chunks == 0, "on purpose");
        Progress::Unknown
    }

    fn classify(&self, _: Option<()>, _: &End<'_, Client>, _: &CallContext) -> CallReport {
        assert_ne!(self.0, Place::Completion, "on purpose");
        // Not reached, because the result is unknown after a panic.
        CallResult::Failure.into()
    }
}

#[test]
fn call_is_served_if_the_classifier_panics() {
    for place in [Place::Response, Place::Progress, Place::Completion] {
        let (breaker, _) = breaker(consecutive(1));
        let mut service = breaker
            .layer_with::<Client, _>(Panicking(place))
            .layer(serve(good));
        for calls in 1..=3 {
            let answer = now(service.call(request())).unwrap();
            assert!(drain(answer.into_body()));
            assert_eq!(breaker.panics(), calls, "{place:?}");
        }
        assert_eq!(breaker.state(), State::Closed);
        assert_eq!((breaker.counts().calls, breaker.in_flight()), (0, 0));
    }
}

#[test]
fn half_open_call_returns_its_permit_if_the_classifier_panics() {
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(crate::support::secs(1));
    let layer = breaker.layer_with::<Client, _>(Panicking(Place::Completion));
    drain(
        now(layer.layer(serve(good)).call(request()))
            .unwrap()
            .into_body(),
    );
    assert_eq!(breaker.state(), State::HalfOpen);
    assert!(breaker.is_call_permitted());
}

#[test]
fn throttle_serves_the_call_if_the_classifier_panics() {
    let builder = AdaptiveThrottle::builder("stock").clock(Clock::manual().0);
    let throttle = builder.build().unwrap();
    let classifier = classify_fn::<Client, _, _, _>(
        |_| (),
        |_: Option<()>, _: &End<'_, _>, _| panic!("on purpose"),
    );
    let mut service = throttle.layer::<Client, _>(classifier).layer(serve(good));
    assert!(drain(now(service.call(request())).unwrap().into_body()));
    assert_eq!((throttle.panics(), throttle.counts().calls), (1, 0));
}

fn panicking_key(_: RequestHead<'_>) -> Option<Cow<'_, str>> {
    panic!("on purpose");
}

#[test]
fn call_uses_the_fallback_if_the_key_extractor_panics() {
    let hosts = BreakerRegistry::builder("hosts").build().unwrap();
    let layer = hosts.layer::<Client, _, _>(HttpFailures, panicking_key);
    let mut service = layer.layer(serve(good));
    assert!(drain(now(service.call(request())).unwrap().into_body()));
    let fallback = hosts.fallback();
    assert_eq!((fallback.panics(), fallback.counts().calls), (1, 1));
}

/// A recorder that panics once its flag is set.
#[derive(Default)]
struct PanickingRecorder(AtomicBool);

impl PanickingRecorder {
    fn check(&self) {
        assert!(!self.0.load(Ordering::Relaxed), "on purpose");
    }
}

impl metrics::Recorder for PanickingRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        self.check();
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn transition_is_made_if_the_recorder_panics() {
    let recorder = Arc::new(PanickingRecorder::default());
    let builder = CircuitBreaker::builder("stock").config(Config::consecutive(1));
    let breaker = builder.metrics(recorder.clone()).build().unwrap();
    let transitions = breaker.transitions();
    recorder.0.store(true, Ordering::Relaxed);
    // The counter of transitions is registered for each.
    fail(&breaker, 1);
    breaker.close();
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.panics(), 2);
    assert_eq!(transitions.try_recv().map(|it| it.to), Some(State::Open));
    assert_eq!(transitions.try_recv().map(|it| it.to), Some(State::Closed));
}
