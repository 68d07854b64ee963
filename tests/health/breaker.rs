//! A breaker's state as a health check. The two crates do not know each other: a closure does.

use std::time::Duration;

use gusset_breaker::{CircuitBreaker, Config, State};
use gusset_health::{Check, Health, OptionalDependency, CheckResult, Status};

/// The recipe of the README of `gusset-health`.
fn check(breaker: &CircuitBreaker) -> Check {
    let seen = breaker.clone();
    Check::sync(breaker.name().to_owned(), move || match seen.state() {
        State::Closed => CheckResult::up(),
        State::HalfOpen => CheckResult::degraded("half-open"),
        state => CheckResult::down(state.to_string()),
    })
    .interval(Duration::from_secs(5))
    // It has waited and counted already: what it says is so at once.
    .failure_threshold(1)
    .success_threshold(1)
    .min_status_duration(Duration::ZERO)
    .initial_jitter(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_degrades_the_service_and_moves_no_probe() {
    let breaker = CircuitBreaker::builder("payments")
        .config(Config::consecutive(1))
        .build()
        .expect("a good configuration");
    let health = Health::builder()
        .handle_signals(false)
        .health_check(OptionalDependency(check(&breaker)))
        .build()
        .expect("a good configuration");
    let _running = health.start().expect("a runtime");
    health.lifecycle().mark_started();
    let seconds = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
    seconds(1).await;
    assert_eq!(health.check("payments"), Some(Status::Up));
    breaker.trip();
    seconds(6).await;
    assert_eq!(health.check("payments"), Some(Status::Down));
    assert_eq!(health.status(), Status::Degraded);
    assert!(health.is_ready() && health.is_live());
    breaker.close();
    // While down it is looked at less often, and no less than once a minute.
    seconds(61).await;
    assert_eq!(health.check("payments"), Some(Status::Up));
    assert_eq!(health.status(), Status::Up);
}
