//! The circuit breaker behind the driver: one vote a call whatever becomes of it, over any script and
//! over real connections.

use std::time::Duration;

use gusset_breaker::classify::HttpFailures;
use gusset_breaker::{CircuitBreaker, CircuitBreakerAdmission, Config, CircuitOpen, State, http_response};
use gusset_core::{AdmissionLayer, Clock, Outcome};
use gusset_http::Http;
use gusset_testkit::{RecordedCall, RecordingObserver};
use gusset_tests::answers::{AnyBody, BoxError};
use gusset_tests::clients::{http1, run};
use gusset_tests::consumer::{Scripted, consume};
use gusset_tests::scripts::script;
use gusset_tests::servers::Server;
use gusset_tests::stack::{only_fact, router, told};
use http::{Request, Response};
use proptest::prelude::*;
use tower_layer::Layer;

use crate::gate::outside;

fn breaker(config: Config) -> CircuitBreaker {
    let builder = CircuitBreaker::builder("stock").config(config);
    builder
        .clock(Clock::manual().0)
        .build()
        .expect("a good configuration")
}

fn layer(breaker: &CircuitBreaker) -> AdmissionLayer<Http, CircuitBreakerAdmission<HttpFailures>> {
    breaker.http_server()
}

/// Calls and failures that a call of this fact is counted as.
fn counted(fact: &RecordedCall) -> (u64, u64) {
    let bad = |status: &str| status.starts_with('5') || status == "429";
    match (fact.outcome, fact.status) {
        (Outcome::ServerError, _) | (Outcome::ClientError, Some("429")) => (1, 1),
        (Outcome::ClientError, Some("408" | "499")) | (Outcome::Rejected, _) => (0, 0),
        (Outcome::Success | Outcome::ClientError, _) => (1, 0),
        // Whoever throws a body away has seen its status.
        (Outcome::Cancelled, Some(status)) if bad(status) => (1, 1),
        _ => (0, 0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_call_of_any_script_votes_once_by_what_an_observer_hears(script in script()) {
        let (breaker, witness) = (breaker(Config::new()), RecordingObserver::new());
        let guarded = layer(&breaker).layer(Scripted::new(&script));
        consume(outside(&witness).layer(guarded), &script);
        prop_assert_eq!(breaker.in_flight(), 0);
        let counts = breaker.counts();
        prop_assert_eq!((counts.calls, counts.failures), counted(&only_fact(&witness)));
    }

    #[test]
    fn a_probe_of_any_script_decides_or_gives_its_permit_back(script in script()) {
        let config = Config::consecutive(1).open_duration(Duration::from_secs(1)).open_jitter(0.0);
        let (clock, hand) = Clock::manual();
        let breaker = CircuitBreaker::builder("stock").config(config).clock(clock).build().expect("good");
        breaker.trip();
        hand.advance(Duration::from_secs(1));
        let witness = RecordingObserver::new();
        consume(outside(&witness).layer(layer(&breaker).layer(Scripted::new(&script))), &script);
        let expected = match counted(&only_fact(&witness)) {
            (0, _) => (State::HalfOpen, Some(1)),
            (_, 0) => (State::Closed, None),
            _ => (State::Open, None),
        };
        prop_assert_eq!((breaker.state(), breaker.half_open_permits()), expected);
    }
}

#[test]
fn a_router_that_fails_is_left_alone_and_answers_problems() {
    async fn fails(_: Request<AnyBody>) -> Result<Response<AnyBody>, BoxError> {
        let mut response = Response::new(AnyBody::default());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        Ok(response)
    }
    let breaker = breaker(Config::consecutive(2));
    let witness = RecordingObserver::new();
    let guard = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response(&open));
    let server = Server::axum(router(fails).layer(guard).layer(outside(&witness)));
    run(async {
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        for _ in 0..2 {
            let answer = http1::Connection::ask(server.addr(), request).await;
            assert!(answer.starts_with(b"HTTP/1.1 500 "));
        }
        told(&witness, 2).await;
        assert_eq!(breaker.state(), State::Open);
        let answer = http1::Connection::ask(server.addr(), request).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "{answer}");
        assert!(
            answer.contains("\r\ncontent-type: application/problem+json"),
            "{answer}"
        );
        assert!(answer.ends_with('}'), "{answer}");
        told(&witness, 3).await;
    });
    assert_eq!(witness.calls()[2].outcome, Outcome::Rejected);
    assert_eq!((breaker.rejected(), breaker.in_flight()), (1, 0));
}
