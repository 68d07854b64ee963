//! One vote a call, at its true end, by what really became of it.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use gusset_breaker::{Breaker, Config, State, Vote};
use gusset_core::{Rejected, RequestResponse};
use gusset_http::service_unavailable;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, context, drain, in_a_row, now, request, response, secs, serve};

/// What the breaker counted of one call: calls and failures in the window, and failures in a row.
fn counted(breaker: &Breaker) -> (u64, u64, u32) {
    let counts = breaker.counts();
    (counts.calls, counts.failures, breaker.failures_in_a_row())
}

const SUCCESS: (u64, u64, u32) = (1, 0, 0);
const FAILURE: (u64, u64, u32) = (1, 1, 1);
const THROTTLED: (u64, u64, u32) = (1, 1, 0);
const IGNORED: (u64, u64, u32) = (0, 0, 0);

fn watcher() -> Breaker {
    breaker(Config::new().consecutive_failures(100)).0
}

/// Calls an HTTP client that answers so, and takes the body to its end.
fn http(make: impl FnMut() -> Result<Response<ScriptedBody>, io::Error>) -> (u64, u64, u32) {
    let breaker = watcher();
    let mut service = breaker.http_client().layer(Boxed(serve(make)));
    if let Ok(response) = now(service.call(request())) {
        assert_eq!(counted(&breaker), IGNORED, "it votes at its end");
        assert_eq!(breaker.in_flight(), 1);
        drain(response.into_body());
    }
    assert_eq!(breaker.in_flight(), 0);
    counted(&breaker)
}

/// Gives a service an error that a refusal fits into.
#[derive(Clone)]
struct Boxed<S>(S);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S: Service<Req>, Req> Service<Req> for Boxed<S>
where
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    S::Response: 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let future = self.0.call(req);
        Box::pin(async move { future.await.map_err(Into::into) })
    }
}

#[test]
fn a_status_votes_by_convention() {
    let of = |status| {
        http(move || {
            Ok(response(
                status,
                &[],
                ScriptedBody::new().data("x").without_end_hint(),
            ))
        })
    };
    for success in [200, 204, 301, 400, 401, 404, 418] {
        if success != 204 {
            assert_eq!(of(success), SUCCESS, "{success}");
        }
    }
    for failure in [500, 501, 502, 503, 504, 505, 599] {
        assert_eq!(of(failure), FAILURE, "{failure}");
    }
    assert_eq!(of(429), THROTTLED);
    assert_eq!(of(408), IGNORED);
    assert_eq!(of(499), IGNORED);
}

#[test]
fn an_error_fails_at_the_head_and_in_the_body() {
    assert_eq!(http(|| Err(io::ErrorKind::TimedOut.into())), FAILURE);
    let broken = || Ok(response(200, &[], ScriptedBody::new().data("x").error()));
    assert_eq!(http(broken), FAILURE);
    let short = || {
        let headers = &[("content-length", "10")];
        Ok(response(
            200,
            headers,
            ScriptedBody::new().data("x").without_end_hint(),
        ))
    };
    assert_eq!(http(short), FAILURE);
}

#[test]
fn what_another_guard_refused_is_ignored() {
    let outer = watcher();
    let (inner, _) = breaker(in_a_row(1));
    inner.force_open();
    let service = serve(|| Ok::<_, BoxError>(response(200, &[], ScriptedBody::new())));
    let mut service = outer
        .http_client()
        .layer(inner.http_client().layer(service.clone()));
    assert!(now(service.call(request())).is_err());
    assert_eq!(counted(&outer), IGNORED);

    // Also when it answered.
    let refusing = serve(|| {
        let refused = Rejected::new("stock");
        let mut res = service_unavailable::<ScriptedBody>(&refused);
        res.extensions_mut().insert(refused);
        Ok::<_, BoxError>(res)
    });
    let mut service = outer.http_client().layer(refusing);
    drain(now(service.call(request())).unwrap().into_body());
    assert_eq!(counted(&outer), IGNORED);
}

#[test]
fn a_caller_that_leaves_says_nothing_unless_the_status_did() {
    let of = |status| {
        let breaker = watcher();
        let answer = move || {
            let body = ScriptedBody::new().data("x").stall();
            Ok::<_, BoxError>(response(status, &[], body))
        };
        let mut service = breaker.http_client().layer(serve(answer));
        drop(now(service.call(request())).unwrap());
        counted(&breaker)
    };
    assert_eq!(of(200), IGNORED);
    assert_eq!(of(500), FAILURE);
    assert_eq!(of(429), THROTTLED);
}

/// Is never ready.
struct Hang;

impl<Req> Service<Req> for Hang {
    type Response = Response<ScriptedBody>;
    type Error = BoxError;
    type Future = std::future::Pending<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Req) -> Self::Future {
        std::future::pending()
    }
}

#[test]
fn a_cancelled_call_votes_only_if_it_was_slow_and_that_is_asked_for() {
    let left_after = |config: Config, seconds| {
        let (breaker, hand) = breaker(config.consecutive_failures(100));
        let mut service = breaker.http_client().layer(Hang);
        let mut call = Box::pin(service.call(request()));
        assert!(call.as_mut().poll(&mut context()).is_pending());
        hand.advance(secs(seconds));
        drop(call);
        assert_eq!(breaker.in_flight(), 0);
        counted(&breaker)
    };
    let slow = Config::new().slow_calls(secs(5), 1.0);
    assert_eq!(left_after(slow.clone(), 60), IGNORED);
    assert_eq!(left_after(slow.clone().slow_cancels_fail(), 5), IGNORED);
    assert_eq!(left_after(slow.slow_cancels_fail(), 6), FAILURE);
}

#[test]
fn a_panic_fails() {
    let breaker = watcher();
    let panics = serve(|| -> Result<Response<ScriptedBody>, BoxError> {
        std::panic::resume_unwind(Box::new("as the test says"))
    });
    let mut service = breaker.http_client().layer(panics);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(request())))).is_err());
    assert_eq!(counted(&breaker), FAILURE);
}

#[test]
fn slowness_is_that_of_the_head_unless_the_end_is_asked_for() {
    for (config, slow) in [(Config::new(), 0), (Config::new().slow_at_end(), 1)] {
        let (breaker, hand) = breaker(config.slow_calls(secs(5), 1.0));
        let answer = || {
            Ok::<_, BoxError>(response(
                200,
                &[],
                ScriptedBody::new().data("x").without_end_hint(),
            ))
        };
        let mut service = breaker.http_client().layer(serve(answer));
        let response = now(service.call(request())).unwrap();
        hand.advance(secs(60));
        drain(response.into_body());
        assert_eq!((breaker.counts().calls, breaker.counts().slow), (1, slow));
    }
}

/// Calls a gRPC client that answers with these headers and trailers.
fn grpc(
    status: u16,
    headers: &'static [(&str, &str)],
    trailer: Option<&'static str>,
) -> (u64, u64, u32) {
    let breaker = watcher();
    let answer = move || {
        let body = match trailer {
            Some(code) => ScriptedBody::new().data("x").trailers("grpc-status", code),
            None => ScriptedBody::new(),
        };
        Ok::<_, BoxError>(response(status, headers, body))
    };
    let mut service = breaker.grpc_client().layer(serve(answer));
    let response: Response<_> = now(service.call(Request::new(()))).unwrap();
    drain(response.into_body());
    counted(&breaker)
}

#[test]
fn a_grpc_status_votes_from_headers_or_trailers() {
    for (code, vote) in [
        ("0", SUCCESS),
        ("1", IGNORED),
        ("2", FAILURE),
        ("3", SUCCESS),
        ("4", FAILURE),
        ("5", SUCCESS),
        ("6", SUCCESS),
        ("7", SUCCESS),
        ("8", THROTTLED),
        ("9", SUCCESS),
        ("10", SUCCESS),
        ("11", SUCCESS),
        ("12", SUCCESS),
        ("13", FAILURE),
        ("14", FAILURE),
        ("15", FAILURE),
        ("16", SUCCESS),
    ] {
        assert_eq!(grpc(200, &[], Some(code)), vote, "{code} in trailers");
    }
    assert_eq!(grpc(200, &[("grpc-status", "14")], None), FAILURE);
    assert_eq!(grpc(200, &[("grpc-status", "8")], None), THROTTLED);
    assert_eq!(grpc(200, &[], None), FAILURE, "no status at all");
    assert_eq!(grpc(503, &[], None), FAILURE);
    assert_eq!(grpc(429, &[], None), THROTTLED);
}

#[test]
fn any_service_votes_by_its_own_error() {
    let breaker = watcher();
    let mut fails = breaker
        .layer::<RequestResponse<u32, u32>>()
        .layer(serve(|| Err::<u32, BoxError>("no".into())));
    assert!(now(fails.call(1)).is_err());
    assert_eq!(counted(&breaker), FAILURE);
    let mut works = breaker
        .layer::<RequestResponse<u32, u32>>()
        .layer(serve(|| Ok::<_, BoxError>(7)));
    assert_eq!(now(works.call(1)).unwrap(), 7);
    assert_eq!(counted(&breaker), (2, 1, 0));
}

#[test]
fn a_wish_of_the_remote_lengthens_the_open_time_within_the_cap() {
    let opened_for = |headers: &'static [(&str, &str)], status| {
        let config = in_a_row(1).honour_retry_after(secs(60));
        let (breaker, _) = breaker(config);
        let answer = move || Ok::<_, BoxError>(response(status, headers, ScriptedBody::new()));
        let mut service = breaker.http_client().layer(serve(answer));
        drain(now(service.call(request())).unwrap().into_body());
        breaker.time_left().map(|left| left.as_secs())
    };
    assert_eq!(opened_for(&[("retry-after", "30")], 503), Some(30));
    assert_eq!(opened_for(&[("retry-after", "0")], 503), Some(1));
    assert_eq!(opened_for(&[("retry-after", "86400")], 500), Some(60));
    assert_eq!(opened_for(&[("retry-after", "nonsense")], 503), Some(1));

    let pushed_back = |headers: &'static [(&str, &str)], in_trailers: bool| {
        let (breaker, _) = breaker(in_a_row(1).honour_retry_after(secs(60)));
        let answer = move || {
            let body = ScriptedBody::new().data("x");
            let body = if in_trailers {
                body.trailers("grpc-retry-pushback-ms", "2500")
            } else {
                body
            };
            Ok::<_, BoxError>(response(200, headers, body))
        };
        let mut service = breaker.grpc_client().layer(serve(answer));
        drain(now(service.call(request())).unwrap().into_body());
        breaker.time_left().map(|left| left.as_millis())
    };
    const UNAVAILABLE: (&str, &str) = ("grpc-status", "14");
    const PUSHBACK: (&str, &str) = ("grpc-retry-pushback-ms", "7000");
    assert_eq!(pushed_back(&[UNAVAILABLE, PUSHBACK], false), Some(7000));
    assert_eq!(pushed_back(&[UNAVAILABLE], true), Some(2500));
    assert_eq!(
        pushed_back(&[UNAVAILABLE, ("grpc-retry-pushback-ms", "-1")], false),
        Some(1000)
    );
}

#[test]
fn a_probe_that_is_throttled_fails_but_no_run_does() {
    let throttle = |breaker: &Breaker| {
        let answer = || Ok::<_, BoxError>(response(429, &[], ScriptedBody::new()));
        let mut service = breaker.http_client().layer(serve(answer));
        drain(now(service.call(request())).unwrap().into_body());
    };
    let (breaker, hand) = breaker(in_a_row(1));
    throttle(&breaker);
    assert_eq!(breaker.state(), State::Closed);
    crate::support::fail(&breaker, 1);
    hand.advance(secs(1));
    throttle(&breaker);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_probe_whose_judge_panics_gives_its_permit_back() {
    let (breaker, hand) = breaker(in_a_row(1));
    crate::support::fail(&breaker, 1);
    hand.advance(secs(1));
    let judge = gusset_breaker::judge::judge_fn::<RequestResponse<u32, u32>, _, _, _>(
        |_| (),
        |_, _: &gusset_core::End<'_, _>, _| std::panic::resume_unwind(Box::new("as the test says")),
    );
    let layer = breaker.layer_by::<RequestResponse<u32, u32>, _>(judge);
    let mut service = layer.layer(serve(|| Ok::<_, BoxError>(7)));
    let call = catch_unwind(AssertUnwindSafe(|| drop(now(service.call(1)))));
    assert!(call.is_err());
    assert_eq!(
        (breaker.state(), breaker.probes_left()),
        (State::HalfOpen, Some(1))
    );
}

#[test]
fn a_result_from_before_the_outage_closes_nothing() {
    let (breaker, hand) = breaker(in_a_row(2).half_open_calls(2));
    let old = breaker.try_acquire().unwrap();
    crate::support::fail(&breaker, 2);
    hand.advance(secs(1));
    breaker.try_acquire().unwrap().vote(Vote::Success);
    old.vote(Vote::Success);
    assert_eq!(
        (breaker.state(), breaker.late_results()),
        (State::HalfOpen, 1)
    );
}
