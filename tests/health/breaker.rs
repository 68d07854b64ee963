//! The state of a circuit breaker as a health check. A closure connects the two crates.

use std::time::Duration;

use gusset_breaker::{CircuitBreaker, Config, State};
use gusset_health::{Check, CheckResult, Health, OptionalDependency, Status};

/// Returns the check of the README of `gusset-health`.
fn check(breaker: &CircuitBreaker) -> Check {
    let seen = breaker.clone();
    Check::sync(breaker.name().to_owned(), move || match seen.state() {
        State::Closed => CheckResult::up(),
        State::HalfOpen => CheckResult::degraded("half-open"),
        state => CheckResult::down(state.to_string()),
    })
    .interval(Duration::from_secs(5))
    // The breaker has its own thresholds, so its state takes effect at once.
    .failure_threshold(1)
    .success_threshold(1)
    .min_status_duration(Duration::ZERO)
    .initial_jitter(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn open_breaker_degrades_without_failing_probes() {
    let breaker = CircuitBreaker::builder("payments")
        .config(Config::consecutive(1))
        .build()
        .expect("the settings are valid");
    let health = Health::builder()
        .handle_signals(false)
        .health_check(OptionalDependency(check(&breaker)))
        .build()
        .expect("the settings are valid");
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
    // A check that is down runs less often, but at least once a minute.
    seconds(61).await;
    assert_eq!(health.check("payments"), Some(Status::Up));
    assert_eq!(health.status(), Status::Up);
}
