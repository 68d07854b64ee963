//! The circuit breaker counts each call once, for random scripts and over real connections.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::routing::get;
use gusset_breaker::classify::HttpFailures;
use gusset_breaker::{
    CircuitBreaker, CircuitBreakerAdmission, CircuitOpen, Config, State, http_response,
};
use gusset_core::{AdmissionLayer, Clock, Outcome};
use gusset_http::Http;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::bodies::{AnyBody, BoxError};
use gusset_tests::clients::{http1, run};
use gusset_tests::scripted_service::{ScriptedService, run_script};
use gusset_tests::scripts::script;
use gusset_tests::servers::Server;
use gusset_tests::stack::{only_call, router, wait_for_calls};
use http::{Request, Response};
use proptest::prelude::*;
use tower::util::MapErrLayer;
use tower_layer::Layer;

use crate::gate::outer_observer;

fn breaker(config: Config) -> CircuitBreaker {
    let builder = CircuitBreaker::builder("stock").config(config);
    builder
        .clock(Clock::manual().0)
        .build()
        .expect("the settings are valid")
}

fn layer(breaker: &CircuitBreaker) -> AdmissionLayer<Http, CircuitBreakerAdmission<HttpFailures>> {
    breaker.http_server()
}

/// Returns the calls and failures that a recorded call counts as.
fn counted(call: &RecordedCall) -> (u64, u64) {
    match (call.outcome, call.status) {
        (Outcome::ServerError, _) | (Outcome::ClientError, Some("429")) => (1, 1),
        (Outcome::ClientError, Some("499")) | (Outcome::Rejected, _) => (0, 0),
        (Outcome::Success | Outcome::ClientError, _) => (1, 0),
        // The caller dropped the body after it received the status.
        (Outcome::Cancelled, Some("499")) => (0, 0),
        (Outcome::Cancelled, Some(status)) => (1, u64::from(is_failure(status))),
        _ => (0, 0),
    }
}

fn is_success(call: &RecordedCall) -> bool {
    call.status
        .is_some_and(|status| !is_failure(status) && status != "499")
}

fn is_failure(status: &str) -> bool {
    status.starts_with('5') || matches!(status, "408" | "429")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn breaker_counts_each_script_as_observed(script in script()) {
        let (breaker, recorder) = (breaker(Config::new()), RecordingObserver::new());
        let service = layer(&breaker).layer(ScriptedService::new(&script));
        run_script(outer_observer(&recorder).layer(service), &script);
        prop_assert_eq!(breaker.in_flight(), 0);
        let counts = breaker.counts();
        prop_assert_eq!((counts.calls, counts.failures), counted(&only_call(&recorder)));
    }

    #[test]
    fn half_open_call_decides_or_returns_permit(script in script()) {
        let config = Config::consecutive(1).open_duration(Duration::from_secs(1)).open_jitter(0.0);
        let (clock, hand) = Clock::manual();
        let breaker = CircuitBreaker::builder("stock").config(config).clock(clock).build().expect("the settings are valid");
        breaker.trip();
        hand.advance(Duration::from_secs(1));
        let recorder = RecordingObserver::new();
        run_script(outer_observer(&recorder).layer(layer(&breaker).layer(ScriptedService::new(&script))), &script);
        let call = only_call(&recorder);
        let expected = match counted(&call) {
            // Data of a stream without a declared length decides, before the end is known.
            _ if call.chunks > 0 && !script.declares_length() && is_success(&call) => (State::Closed, None),
            (0, _) => (State::HalfOpen, Some(1)),
            (_, 0) => (State::Closed, None),
            _ => (State::Open, None),
        };
        prop_assert_eq!((breaker.state(), breaker.half_open_permits()), expected);
    }
}

#[test]
fn open_breaker_responds_with_problem_json() {
    async fn fails(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
        let mut response = Response::new(AnyBody::default());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        Ok(response)
    }
    let breaker = breaker(Config::consecutive(2));
    let recorder = RecordingObserver::new();
    let admission = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response(&open));
    let server = Server::axum(
        router(fails)
            .layer(admission)
            .layer(outer_observer(&recorder)),
    );
    run(async {
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        for _ in 0..2 {
            let response = http1::Connection::round_trip(server.addr(), request).await;
            assert!(response.starts_with(b"HTTP/1.1 500 "));
        }
        wait_for_calls(&recorder, 2).await;
        assert_eq!(breaker.state(), State::Open);
        let response = http1::Connection::round_trip(server.addr(), request).await;
        let response = String::from_utf8_lossy(&response).into_owned();
        assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
        assert!(response.contains("\r\nretry-after: "), "{response}");
        assert!(
            response.contains("\r\ncontent-type: application/problem+json"),
            "{response}"
        );
        assert!(response.ends_with('}'), "{response}");
        wait_for_calls(&recorder, 3).await;
    });
    assert_eq!(recorder.calls()[2].outcome, Outcome::Rejected);
    assert_eq!((breaker.rejected(), breaker.in_flight()), (1, 0));
}

#[test]
fn rejection_in_front_of_a_handler_is_a_boxed_error() {
    run(async {
        let breaker = breaker(Config::consecutive(1));
        breaker.trip();
        let respond = async |error: BoxError| {
            assert!(error.is::<CircuitOpen>(), "{error}");
            (http::StatusCode::SERVICE_UNAVAILABLE, error.to_string())
        };
        // A handler has no errors, and the breaker needs one that is `From<CircuitOpen>`.
        let handler = MapErrLayer::new(|never: Infallible| -> BoxError { match never {} });
        let router = Router::new().route("/", get(async || "served")).layer((
            HandleErrorLayer::new(respond),
            breaker.http_server(),
            handler,
        ));
        let server = Server::axum(router);
        let request = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let response = http1::Connection::round_trip(server.addr(), request).await;
        let response = String::from_utf8_lossy(&response);
        assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
        assert!(response.contains("circuit breaker is open"), "{response}");
    });
}
