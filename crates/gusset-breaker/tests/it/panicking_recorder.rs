//! Panics of the recorder of metrics, which is user code, do not reach the call.

use std::sync::Arc;

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::classify::HttpFailures;
use gusset_breaker::throttle::AdaptiveThrottle;
use gusset_breaker::{CallResult, CircuitBreaker, Config, State};
use gusset_core::Clock;
use gusset_http::{Http, HttpClientClassifier};
use gusset_testkit::{PanickingRecorder, ScriptedBody};
use http::Response;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{drain, fail, now, request, response, serve};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn breaker(recorder: &PanickingRecorder) -> CircuitBreaker {
    CircuitBreaker::builder("stock")
        .config(Config::consecutive(1))
        .metrics(Arc::new(recorder.clone()))
        .build()
        .unwrap()
}

fn good() -> Result<Response<ScriptedBody>, BoxError> {
    Ok(response(200, &[], ScriptedBody::new().data("served")))
}

#[test]
fn transition_is_made_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let breaker = breaker(&recorder);
    let transitions = breaker.transitions();
    recorder.start();
    breaker.force_open();
    breaker.close();
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.panics(), 2);
    let next = || transitions.try_recv().map(|it| it.to);
    assert_eq!(
        (next(), next()),
        (Some(State::ForcedOpen), Some(State::Closed))
    );
}

#[test]
fn results_and_rejections_count_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let breaker = breaker(&recorder);
    let mut service = breaker.http_client().layer(serve(good));
    recorder.start();
    assert!(drain(now(service.call(request())).unwrap().into_body()));
    assert_eq!((breaker.in_flight(), breaker.panics()), (0, 1));

    let stale = breaker.try_acquire().unwrap();
    fail(&breaker, 1);
    assert_eq!((breaker.state(), breaker.panics()), (State::Open, 3));
    assert!(now(service.call(request())).is_err());
    assert_eq!(breaker.panics(), 4);
    // Both the result and its being stale are metrics.
    stale.record(CallResult::Success);
    assert_eq!((breaker.in_flight(), breaker.panics()), (0, 6));
}

#[test]
fn dry_run_goes_on_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let breaker = breaker(&recorder);
    breaker.dry_run();
    recorder.start();
    fail(&breaker, 1);
    assert_eq!((breaker.suppressed_trips(), breaker.panics()), (1, 2));
}

#[test]
fn breaker_is_built_without_metrics_if_the_registration_panics() {
    let recorder = PanickingRecorder::default();
    recorder.start();
    let breaker = breaker(&recorder);
    assert_eq!(breaker.panics(), 1);
    fail(&breaker, 1);
    assert_eq!((breaker.state(), breaker.panics()), (State::Open, 1));
}

#[test]
fn bulkhead_returns_its_permits_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let builder = Bulkhead::builder("stock", 1).metrics(Arc::new(recorder.clone()));
    let bulkhead = builder.build().unwrap();
    recorder.start();
    let permit = bulkhead.try_acquire().unwrap();
    assert!(bulkhead.try_acquire().is_err());
    drop(permit);
    bulkhead.set_limit(2).unwrap();
    assert_eq!((bulkhead.in_flight(), bulkhead.panics()), (0, 4));
}

#[test]
fn throttle_serves_the_call_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let builder = AdaptiveThrottle::builder("stock").clock(Clock::manual().0);
    let builder = builder.metrics(Arc::new(recorder.clone()));
    let throttle = builder.build().unwrap();
    recorder.start();
    let layer = throttle.layer::<Http<HttpClientClassifier>, _>(HttpFailures);
    let mut service = layer.layer(serve(good));
    assert!(drain(now(service.call(request())).unwrap().into_body()));
    assert_eq!(throttle.counts().calls, 1);
    assert!(throttle.panics() >= 1);
}
