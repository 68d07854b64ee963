//! Panics of the user's functions do not reach the call.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use gusset_breaker::bulkhead::Bulkhead;
use gusset_breaker::classify::{FailureClassifier, HttpFailures, Progress, classify_fn};
use gusset_breaker::throttle::AdaptiveThrottle;
use gusset_breaker::{
    BreakerRegistry, CallReport, CallResult, CircuitOpen, ReadinessGateLayer, State,
};
use gusset_core::{AdmissionLayer, CallContext, Clock, End};
use gusset_http::{Http, HttpClientClassifier, RequestHead, ResponseHead};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, consecutive, context, drain, fail, now, request, response, serve};

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

fn no_key(_: RequestHead<'_>) -> Option<Cow<'_, str>> {
    None
}

#[test]
fn panic_of_the_response_function_is_counted_and_goes_on() {
    fn throws<S: Service<Request<()>>>(mut service: S) -> bool {
        catch_unwind(AssertUnwindSafe(|| drop(service.call(request())))).is_err()
    }
    let service = || serve(good);

    let (breaker, _) = breaker(consecutive(1));
    breaker.force_open();
    let http = breaker.http_client();
    let http = http.respond_with(|_| panic!("on purpose"));
    assert!(throws(http.layer(service())));
    let grpc = breaker.grpc_server();
    let grpc = grpc.respond_with(|_| panic!("on purpose"));
    assert!(throws(grpc.layer(service())));
    assert_eq!(
        (breaker.panics(), breaker.rejected(), breaker.in_flight()),
        (2, 2, 0)
    );

    let hosts = BreakerRegistry::builder("hosts").build().unwrap();
    hosts.fallback().force_open();
    let layer = hosts.layer::<Client, _, _>(HttpFailures, no_key);
    let layer = layer.respond_with(|_| panic!("on purpose"));
    assert!(throws(layer.layer(service())));
    assert_eq!(hosts.fallback().panics(), 1);

    let bulkhead = Bulkhead::new("stock", 1).unwrap();
    let _permit = bulkhead.try_acquire().unwrap();
    let layer = AdmissionLayer::<Client, _>::new(bulkhead.clone());
    let layer = layer.respond_with(|_| panic!("on purpose"));
    assert!(throws(layer.layer(service())));
    assert_eq!(bulkhead.panics(), 1);

    let builder = AdaptiveThrottle::builder("stock").clock(Clock::manual().0);
    let throttle = builder.max_reject_probability(1.0).build().unwrap();
    let layer = throttle.layer::<Client, _>(HttpFailures);
    let mut failing = layer.layer(serve(|| {
        Err::<Response<ScriptedBody>, BoxError>("down".into())
    }));
    for _ in 0..2_000 {
        let _ = now(failing.call(request()));
    }
    let layer = throttle.layer::<Client, _>(HttpFailures);
    let layer = layer.respond_with(|_| panic!("on purpose"));
    let rejected = (0..100).filter(|_| throws(layer.layer(service()))).count();
    assert!(rejected > 50, "{rejected}");
    assert_eq!(throttle.panics(), rejected as u64);
}

#[test]
fn readiness_gate_lets_the_breaker_decide_if_its_timer_panics() {
    let (breaker, _) = breaker(consecutive(1));
    fail(&breaker, 1);
    let create = |_| -> std::future::Pending<()> { panic!("on purpose") };
    // As a timer of tokio does outside its runtime.
    let poll = |_| std::future::poll_fn(|_| -> Poll<()> { panic!("on purpose") });
    let service = breaker.http_client().layer(serve(good));
    assert!(is_rejected(
        ReadinessGateLayer::new(&breaker, create).layer(service.clone())
    ));
    assert!(is_rejected(
        ReadinessGateLayer::new(&breaker, poll).layer(service)
    ));
    assert_eq!(breaker.panics(), 2);
}

fn is_rejected<S>(mut gate: S) -> bool
where
    S: Service<Request<()>, Error = BoxError>,
{
    assert!(matches!(
        gate.poll_ready(&mut context()),
        Poll::Ready(Ok(()))
    ));
    now(gate.call(request())).is_err_and(|error| error.is::<CircuitOpen>())
}
