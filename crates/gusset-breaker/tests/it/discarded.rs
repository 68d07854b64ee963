//! A response whose body the client discards, or that has no end.

use gusset_breaker::classify::{HttpFailures, OutcomeFailures};
use gusset_breaker::throttle::AdaptiveThrottle;
use gusset_breaker::{CircuitBreaker, Config, State};
use gusset_core::{Clock, Rejected};
use gusset_http::{Http, HttpClientClassifier};
use gusset_testkit::{EventRecorder, ScriptedBody};
use http::Response;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, consecutive, context, fail, now, request, response, secs, serve};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn endless() -> ScriptedBody {
    ScriptedBody::new().data("x").pend_forever()
}

/// Responds with 500 to one of 50 calls, from the first one on.
fn two_percent() -> impl FnMut() -> Result<Response<ScriptedBody>, BoxError> + Clone {
    let mut calls = 0;
    move || {
        calls += 1;
        let status = if calls % 50 == 1 { 500 } else { 200 };
        Ok(response(status, &[], endless()))
    }
}

pub(crate) fn poll_once<B: Body + Unpin>(body: &mut B) {
    let _ = std::pin::Pin::new(body).poll_frame(&mut context());
}

#[test]
fn two_percent_of_errors_do_not_open_breaker() {
    let (breaker, _clock) = breaker(Config::new().failure_rate_threshold(0.5));
    let mut service = breaker.http_client().layer(serve(two_percent()));
    for _ in 0..1000 {
        drop(now(service.call(request())).unwrap());
    }
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(
        (breaker.counts().calls, breaker.counts().failures),
        (1000, 20)
    );
}

#[test]
fn discarded_successes_close_half_open_breaker() {
    let config = Config::new().half_open_calls(80).open_duration(secs(1));
    let (breaker, clock) = breaker(config.without_open_backoff().open_jitter(0.0));
    breaker.trip();
    clock.advance(secs(1));
    let good = serve(|| Ok::<_, BoxError>(response(200, &[], endless())));
    let mut service = breaker.http_client().layer(good);
    for _ in 0..80 {
        drop(now(service.call(request())).unwrap());
    }
    assert_eq!(breaker.state(), State::Closed);
}

/// Returns a breaker with one failure behind it that is half-open.
fn half_open() -> CircuitBreaker {
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(secs(1));
    breaker
}

#[test]
fn endless_response_ends_half_open_while_it_goes_on() {
    let types: [&'static [(&'static str, &'static str)]; 2] =
        [&[("content-type", "text/event-stream")], &[]];
    for headers in types {
        let breaker = half_open();
        let stream = serve(move || Ok::<_, BoxError>(response(200, headers, endless())));
        let mut service = breaker.http_client().layer(stream);
        let mut open = now(service.call(request())).unwrap();
        poll_once(open.body_mut());
        assert_eq!(breaker.state(), State::Closed, "{headers:?}");
        drop(open);
        assert_eq!(breaker.stale_results(), 0);
    }
}

#[test]
fn event_streams_count_as_successes_at_their_headers() {
    let (breaker, _clock) = breaker(Config::new());
    let stream = || {
        let headers = &[("content-type", "text/event-stream")];
        Ok::<_, BoxError>(response(200, headers, endless()))
    };
    let mut service = breaker.http_client().layer(serve(stream));
    let open: Vec<_> = (0..10)
        .map(|_| now(service.call(request())).unwrap())
        .collect();
    assert_eq!((breaker.counts().calls, breaker.counts().failures), (10, 0));
    drop(open);
    assert_eq!((breaker.counts().calls, breaker.counts().failures), (10, 0));
    assert_eq!(breaker.in_flight(), 0);
}

#[test]
fn event_stream_that_breaks_is_failure_too() {
    let (breaker, _clock) = breaker(Config::new());
    let stream = || {
        let headers = &[("content-type", "text/event-stream")];
        let body = ScriptedBody::new().data("x").error();
        Ok::<_, BoxError>(response(200, headers, body))
    };
    let mut service = breaker.http_client().layer(serve(stream));
    crate::support::drain(now(service.call(request())).unwrap().into_body());
    assert_eq!((breaker.counts().calls, breaker.counts().failures), (2, 1));
}

#[test]
fn grpc_watch_counts_by_its_first_message() {
    let watch = || serve(|| Ok::<_, BoxError>(response(200, &[], endless())));
    let (closed, _clock) = breaker(Config::new());
    let mut service = closed.grpc_client().layer(watch());
    let mut read = now(service.call(request())).unwrap();
    poll_once(read.body_mut());
    drop(read);
    assert_eq!((closed.counts().calls, closed.counts().failures), (1, 0));
    // Headers alone prove nothing.
    drop(now(service.call(request())).unwrap());
    assert_eq!(closed.counts().calls, 1);

    let breaker = half_open();
    let mut service = breaker.grpc_client().layer(watch());
    let mut read = now(service.call(request())).unwrap();
    assert_eq!(breaker.state(), State::HalfOpen);
    poll_once(read.body_mut());
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn discarded_rejection_is_ignored() {
    let (breaker, _clock) = breaker(Config::new());
    let rejecting = serve(|| {
        let mut res = response(503, &[], endless());
        res.extensions_mut().insert(Rejected::new("stock"));
        Ok::<_, BoxError>(res)
    });
    let mut service = breaker.http_client().layer(rejecting);
    drop(now(service.call(request())).unwrap());
    assert_eq!(breaker.counts().calls, 0);
}

#[test]
fn outcome_classifier_uses_status_of_discarded_body() {
    for (status, failures) in [(200, 0), (500, 1)] {
        let (breaker, _clock) = breaker(Config::new());
        let layer = breaker.layer_with::<Http<HttpClientClassifier>, _>(OutcomeFailures);
        let answer = serve(move || Ok::<_, BoxError>(response(status, &[], endless())));
        let mut service = layer.layer(answer);
        drop(now(service.call(request())).unwrap());
        let counts = breaker.counts();
        assert_eq!((counts.calls, counts.failures), (1, failures), "{status}");
    }
}

#[test]
fn throttle_admits_all_with_two_percent_of_errors() {
    let throttle = AdaptiveThrottle::builder("stock")
        .clock(Clock::manual().0)
        .build()
        .unwrap();
    let layer = throttle.layer::<Http<HttpClientClassifier>, _>(HttpFailures);
    let mut service = layer.layer(serve(two_percent()));
    let rejected = (0..1000)
        .filter(|_| now(service.call(request())).is_err())
        .count();
    assert_eq!(rejected, 0);
    assert_eq!(throttle.counts().failures, 20);
}

#[test]
fn throttle_rejects_at_most_its_maximum() {
    let throttle = AdaptiveThrottle::builder("stock")
        .clock(Clock::manual().0)
        .build()
        .unwrap();
    let layer = throttle.layer::<Http<HttpClientClassifier>, _>(HttpFailures);
    let mut service = layer.layer(serve(|| Ok::<_, BoxError>(response(500, &[], endless()))));
    let mut admitted = |calls| {
        (0..calls)
            .filter(|_| now(service.call(request())).is_ok())
            .count()
    };
    assert_eq!(admitted(120), 120, "below the minimum rate");
    let admitted = admitted(1000);
    assert!((150..250).contains(&admitted), "{admitted}");
    assert!((throttle.probability() - 0.8).abs() < 1e-9);
}

#[test]
fn throttle_in_dry_run_rejects_nothing() {
    let throttle = AdaptiveThrottle::builder("stock")
        .clock(Clock::manual().0)
        .dry_run()
        .build()
        .unwrap();
    let layer = throttle.layer::<Http<HttpClientClassifier>, _>(HttpFailures);
    let mut service = layer.layer(serve(|| Ok::<_, BoxError>(response(500, &[], endless()))));
    for _ in 0..1000 {
        assert!(now(service.call(request())).is_ok());
    }
    assert!(throttle.probability() > 0.5);
}

/// A service that never responds.
#[derive(Clone)]
struct Hang;

impl<Req> Service<Req> for Hang {
    type Response = Response<ScriptedBody>;
    type Error = BoxError;
    type Future = std::future::Pending<Result<Self::Response, BoxError>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Req) -> Self::Future {
        std::future::pending()
    }
}

#[test]
fn frequent_cancellation_is_warned_of_once() {
    let warnings = EventRecorder::new(tracing::Level::WARN);
    let count = || warnings.events().len();
    warnings.record(|| {
        let (breaker, clock) = breaker(Config::new());
        let mut service = breaker.http_client().layer(Hang);
        let mut cancel = |calls| {
            for _ in 0..calls {
                drop(service.call(request()));
            }
        };
        cancel(19);
        clock.advance(secs(60));
        cancel(19);
        assert_eq!(count(), 0, "rare");
        cancel(100);
        clock.advance(secs(60));
        cancel(100);
        assert_eq!(count(), 1);
        assert_eq!(breaker.counts().calls, 0);
    });
}

/// Returns a body without data and without an end.
fn silent() -> ScriptedBody {
    ScriptedBody::new().pend_forever()
}

#[test]
fn response_held_open_without_data_ends_half_open_when_it_times_out() {
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(secs(1));
    let held = serve(|| Ok::<_, BoxError>(response(200, &[], silent())));
    let mut service = breaker.http_client().layer(held);
    let mut open = now(service.call(request())).unwrap();
    poll_once(open.body_mut());
    assert_eq!(breaker.state(), State::HalfOpen, "it may still fail");
    clock.advance(secs(1));
    assert!(now(service.call(request())).is_ok());
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn long_download_ends_half_open_when_it_times_out() {
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(secs(1));
    let download = serve(|| {
        let body = ScriptedBody::new().data("x").pend_forever();
        Ok::<_, BoxError>(response(200, &[("content-length", "1000000")], body))
    });
    let mut service = breaker.http_client().layer(download);
    let mut open = now(service.call(request())).unwrap();
    poll_once(open.body_mut());
    assert_eq!(breaker.state(), State::HalfOpen, "it may still fail");
    clock.advance(secs(1));
    breaker.tick();
    assert_eq!(breaker.state(), State::Closed);
    drop(open);
    assert_eq!(breaker.in_flight(), 0);
}

#[test]
fn grpc_stream_without_message_ends_half_open_when_it_times_out() {
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(secs(1));
    let watch = serve(|| Ok::<_, BoxError>(response(200, &[], silent())));
    let mut service = breaker.grpc_client().layer(watch);
    let mut open = now(service.call(request())).unwrap();
    poll_once(open.body_mut());
    assert_eq!(breaker.state(), State::HalfOpen);
    clock.advance(secs(1));
    assert!(breaker.is_call_permitted());
    // The next call makes the transition.
    let other = now(service.call(request())).unwrap();
    assert_eq!(breaker.state(), State::Closed);
    drop((open, other));
    assert_eq!(breaker.consecutive_failures(), 0);
}

#[test]
fn accepted_call_that_fails_opens_breaker() {
    let (breaker, clock) = breaker(consecutive(1).half_open_calls(2));
    fail(&breaker, 1);
    clock.advance(secs(1));
    let download = serve(|| {
        let body = ScriptedBody::new().error();
        Ok::<_, BoxError>(response(200, &[("content-length", "1000000")], body))
    });
    let mut service = breaker.http_client().layer(download);
    let held = now(service.call(request())).unwrap();
    let failing = now(service.call(request())).unwrap();
    assert!(!crate::support::drain(failing.into_body()));
    assert_eq!(breaker.state(), State::Open);
    drop(held);
}

#[test]
fn calls_without_good_headers_open_breaker_when_half_open_times_out() {
    for (status, hangs) in [(503, false), (200, true)] {
        let (breaker, clock) = breaker(consecutive(1));
        fail(&breaker, 1);
        clock.advance(secs(1));
        let answer = move || {
            let length = [("content-length", "10")];
            Ok::<_, BoxError>(response(status, &length, silent()))
        };
        let layer = breaker.http_client();
        let (mut answering, mut hanging) = (layer.layer(serve(answer)), layer.layer(Hang));
        let open = (!hangs).then(|| now(answering.call(request())).unwrap());
        let pending = hangs.then(|| hanging.call(request()));
        assert_eq!(breaker.state(), State::HalfOpen);
        clock.advance(secs(1));
        breaker.tick();
        assert_eq!(breaker.state(), State::Open, "{status} {hangs}");
        drop((open, pending));
    }
}

#[test]
fn cancelled_accepted_call_is_not_counted_at_the_timeout() {
    // A gRPC call with good headers alone that the client gives up proves nothing.
    let (breaker, clock) = breaker(consecutive(1));
    fail(&breaker, 1);
    clock.advance(secs(1));
    let watch = serve(|| Ok::<_, BoxError>(response(200, &[], silent())));
    let mut service = breaker.grpc_client().layer(watch);
    drop(now(service.call(request())).unwrap());
    clock.advance(secs(1));
    breaker.tick();
    assert_eq!(breaker.state(), State::Open);
}
