//! A breaker's state as a health check. The two crates do not know each other: a closure does.

use std::time::Duration;

use gusset_breaker::{Breaker, Config, State};
use gusset_health::{Check, Health, Optional, Report, Status};

/// The recipe of the README of `gusset-health`.
fn check(breaker: &Breaker) -> Check {
    let seen = breaker.clone();
    Check::state(breaker.name().to_owned(), move || match seen.state() {
        State::Closed => Report::up(),
        State::HalfOpen => Report::degraded("half-open"),
        state => Report::down(state.to_string()),
    })
    .interval(Duration::from_secs(5))
    // It has waited and counted already: what it says is so at once.
    .failures(1)
    .successes(1)
    .min_time(Duration::ZERO)
    .spread(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_degrades_the_service_and_moves_no_probe() {
    let breaker = Breaker::builder("payments")
        .config(Config::in_a_row(1))
        .build()
        .expect("a good configuration");
    let health = Health::builder()
        .signals(false)
        .inform(Optional(check(&breaker)))
        .build()
        .expect("a good configuration");
    let _running = health.start().expect("a runtime");
    health.lifecycle().started();
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
