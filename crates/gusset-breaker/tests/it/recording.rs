//! Each call is recorded once, when it completes.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use gusset_breaker::{CallResult, CircuitBreaker, Config, State};
use gusset_core::{Rejected, RequestResponse};
use gusset_http::service_unavailable;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{breaker, consecutive, context, drain, now, request, response, secs, serve};

/// Returns the counts: calls and failures in the window, and consecutive failures.
fn counted(breaker: &CircuitBreaker) -> (u64, u64, u32) {
    let counts = breaker.counts();
    (
        counts.calls,
        counts.failures,
        breaker.consecutive_failures(),
    )
}

const SUCCESS: (u64, u64, u32) = (1, 0, 0);
const FAILURE: (u64, u64, u32) = (1, 1, 1);
const THROTTLED: (u64, u64, u32) = (1, 1, 0);
const IGNORED: (u64, u64, u32) = (0, 0, 0);

fn closed() -> CircuitBreaker {
    breaker(Config::new().consecutive_failures(100)).0
}

/// Calls an HTTP client with this response, and reads the body to its end.
fn http(make: impl FnMut() -> Result<Response<ScriptedBody>, io::Error>) -> (u64, u64, u32) {
    let breaker = closed();
    let mut service = breaker.http_client().layer(Boxed(serve(make)));
    if let Ok(response) = now(service.call(request())) {
        assert_eq!(
            counted(&breaker),
            IGNORED,
            "recorded only at its completion"
        );
        assert_eq!(breaker.in_flight(), 1);
        drain(response.into_body());
    }
    assert_eq!(breaker.in_flight(), 0);
    counted(&breaker)
}

/// Boxes the error of a service, so that it is `From<CircuitOpen>`.
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
fn status_determines_result() {
    let result_for = |status| {
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
            assert_eq!(result_for(success), SUCCESS, "{success}");
        }
    }
    for failure in [500, 501, 502, 503, 504, 505, 599] {
        assert_eq!(result_for(failure), FAILURE, "{failure}");
    }
    assert_eq!(result_for(429), THROTTLED);
    assert_eq!(result_for(408), IGNORED);
    assert_eq!(result_for(499), IGNORED);
}

#[test]
fn timeout_inside_of_a_server_is_its_failure() {
    for discarded in [false, true] {
        let breaker = closed();
        let slow = serve(|| {
            let body = ScriptedBody::new().data("timed out");
            Ok::<_, BoxError>(response(408, &[], body))
        });
        let answer = now(breaker.http_server().layer(slow).call(request())).unwrap();
        if discarded {
            drop(answer);
        } else {
            drain(answer.into_body());
        }
        assert_eq!(counted(&breaker), FAILURE, "{discarded}");
    }
}

#[test]
fn timeout_outside_of_a_server_is_ignored() {
    // The timeout drops the call and responds itself.
    let breaker = closed();
    let mut service = breaker.http_server().layer(Hang);
    drop(service.call(request()));
    assert_eq!(counted(&breaker), IGNORED);
}

#[test]
fn error_before_or_in_body_fails() {
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
fn rejection_by_inner_admission_is_ignored() {
    let outer = closed();
    let (inner, _) = breaker(consecutive(1));
    inner.force_open();
    let service = serve(|| Ok::<_, BoxError>(response(200, &[], ScriptedBody::new())));
    let mut service = outer
        .http_client()
        .layer(inner.http_client().layer(service.clone()));
    assert!(now(service.call(request())).is_err());
    assert_eq!(counted(&outer), IGNORED);

    // Also if it responded.
    let rejecting = serve(|| {
        let rejected = Rejected::new("stock");
        let mut res = service_unavailable::<ScriptedBody>(&rejected);
        res.extensions_mut().insert(rejected);
        Ok::<_, BoxError>(res)
    });
    let mut service = outer.http_client().layer(rejecting);
    drain(now(service.call(request())).unwrap().into_body());
    assert_eq!(counted(&outer), IGNORED);
}

#[test]
fn cancelled_body_is_recorded_by_status() {
    let result_for = |status| {
        let breaker = closed();
        let answer = move || {
            let body = ScriptedBody::new().data("x").pend_forever();
            Ok::<_, BoxError>(response(status, &[], body))
        };
        let mut service = breaker.http_client().layer(serve(answer));
        drop(now(service.call(request())).unwrap());
        counted(&breaker)
    };
    assert_eq!(result_for(200), SUCCESS);
    assert_eq!(result_for(404), SUCCESS);
    assert_eq!(result_for(408), IGNORED);
    assert_eq!(result_for(500), FAILURE);
    assert_eq!(result_for(429), THROTTLED);
}

/// A service that never responds.
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
fn slow_cancelled_call_fails_if_configured() {
    let cancel_after = |config: Config, seconds| {
        let (breaker, mock_clock) = breaker(config.consecutive_failures(100));
        let mut service = breaker.http_client().layer(Hang);
        let mut call = Box::pin(service.call(request()));
        assert!(call.as_mut().poll(&mut context()).is_pending());
        mock_clock.advance(secs(seconds));
        drop(call);
        assert_eq!(breaker.in_flight(), 0);
        counted(&breaker)
    };
    let slow = Config::new().slow_calls(secs(5), 1.0);
    assert_eq!(cancel_after(slow.clone(), 60), IGNORED);
    assert_eq!(
        cancel_after(slow.clone().slow_cancelled_is_failure(), 5),
        IGNORED
    );
    assert_eq!(cancel_after(slow.slow_cancelled_is_failure(), 6), FAILURE);
}

#[test]
fn panic_is_failure() {
    let breaker = closed();
    let panics = serve(|| -> Result<Response<ScriptedBody>, BoxError> {
        std::panic::resume_unwind(Box::new("test panic"))
    });
    let mut service = breaker.http_client().layer(panics);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(service.call(request())))).is_err());
    assert_eq!(counted(&breaker), FAILURE);
}

#[test]
fn slowness_includes_body_if_configured() {
    for (config, slow) in [(Config::new(), 0), (Config::new().slow_includes_body(), 1)] {
        let (breaker, mock_clock) = breaker(config.slow_calls(secs(5), 1.0));
        let answer = || {
            Ok::<_, BoxError>(response(
                200,
                &[],
                ScriptedBody::new().data("x").without_end_hint(),
            ))
        };
        let mut service = breaker.http_client().layer(serve(answer));
        let response = now(service.call(request())).unwrap();
        mock_clock.advance(secs(60));
        drain(response.into_body());
        assert_eq!((breaker.counts().calls, breaker.counts().slow), (1, slow));
    }
}

/// Calls a gRPC client with this status, headers and trailer.
fn grpc(
    status: u16,
    headers: &'static [(&str, &str)],
    trailer: Option<&'static str>,
) -> (u64, u64, u32) {
    let breaker = closed();
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
fn grpc_status_determines_result() {
    for (code, result) in [
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
        assert_eq!(grpc(200, &[], Some(code)), result, "{code} in trailers");
    }
    assert_eq!(grpc(200, &[("grpc-status", "14")], None), FAILURE);
    assert_eq!(grpc(200, &[("grpc-status", "8")], None), THROTTLED);
    assert_eq!(grpc(200, &[], None), FAILURE, "no status at all");
    assert_eq!(grpc(503, &[], None), FAILURE);
    assert_eq!(grpc(429, &[], None), THROTTLED);
}

#[test]
fn error_of_any_service_is_failure() {
    let breaker = closed();
    let mut fails = breaker
        .layer::<RequestResponse<u32, u32>>()
        .layer(serve(|| Err::<u32, BoxError>("no".into())));
    assert!(now(fails.call(1)).is_err());
    assert_eq!(counted(&breaker), FAILURE);
    let mut succeeds = breaker
        .layer::<RequestResponse<u32, u32>>()
        .layer(serve(|| Ok::<_, BoxError>(7)));
    assert_eq!(now(succeeds.call(1)).unwrap(), 7);
    assert_eq!(counted(&breaker), (2, 1, 0));
}

#[test]
fn retry_after_lengthens_open_duration_up_to_max() {
    let opened_for = |headers: &'static [(&str, &str)], status| {
        let config = consecutive(1).honour_retry_after(secs(60));
        let (breaker, _) = breaker(config);
        let answer = move || Ok::<_, BoxError>(response(status, headers, ScriptedBody::new()));
        let mut service = breaker.http_client().layer(serve(answer));
        drain(now(service.call(request())).unwrap().into_body());
        breaker.remaining_open().map(|left| left.as_secs())
    };
    assert_eq!(opened_for(&[("retry-after", "30")], 503), Some(30));
    assert_eq!(opened_for(&[("retry-after", "0")], 503), Some(1));
    assert_eq!(opened_for(&[("retry-after", "86400")], 500), Some(60));
    assert_eq!(opened_for(&[("retry-after", "nonsense")], 503), Some(1));

    let pushed_back = |headers: &'static [(&str, &str)], in_trailers: bool| {
        let (breaker, _) = breaker(consecutive(1).honour_retry_after(secs(60)));
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
        breaker.remaining_open().map(|left| left.as_millis())
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
fn throttled_probe_fails() {
    let throttle = |breaker: &CircuitBreaker| {
        let answer = || Ok::<_, BoxError>(response(429, &[], ScriptedBody::new()));
        let mut service = breaker.http_client().layer(serve(answer));
        drain(now(service.call(request())).unwrap().into_body());
    };
    let (breaker, mock_clock) = breaker(consecutive(1));
    throttle(&breaker);
    assert_eq!(breaker.state(), State::Closed);
    crate::support::fail(&breaker, 1);
    mock_clock.advance(secs(1));
    throttle(&breaker);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn result_from_before_trip_is_stale() {
    let (breaker, mock_clock) = breaker(consecutive(2).half_open_calls(2));
    let old = breaker.try_acquire().unwrap();
    crate::support::fail(&breaker, 2);
    mock_clock.advance(secs(1));
    breaker.try_acquire().unwrap().record(CallResult::Success);
    old.record(CallResult::Success);
    assert_eq!(
        (breaker.state(), breaker.stale_results()),
        (State::HalfOpen, 1)
    );
}
