//! Auto traits and sizes. A change is a breaking change.

use gusset_breaker::{
    CircuitBreaker, CircuitBreakerAdmission, CircuitOpen, Config, ConfigError, Permit,
    TransitionStream, classify::HttpFailures,
};

fn assert_send_and_sync<T: Send + Sync + 'static>() {}

#[test]
fn types_are_send_and_sync() {
    assert_send_and_sync::<CircuitBreaker>();
    assert_send_and_sync::<CircuitBreakerAdmission<HttpFailures>>();
    assert_send_and_sync::<Config>();
    assert_send_and_sync::<ConfigError>();
    assert_send_and_sync::<CircuitOpen>();
    assert_send_and_sync::<Permit>();
    assert_send_and_sync::<TransitionStream>();
}

#[test]
fn permit_is_small() {
    use gusset_breaker::CircuitBreakerPermit;
    use gusset_breaker::classify::OutcomeFailures;
    use gusset_core::RequestResponse;
    use gusset_http::{Http, HttpClientClassifier};
    assert!(size_of::<CircuitBreakerPermit<RequestResponse<(), ()>, OutcomeFailures>>() <= 24);
    assert!(size_of::<CircuitBreakerPermit<Http<HttpClientClassifier>, HttpFailures>>() <= 48);
}
