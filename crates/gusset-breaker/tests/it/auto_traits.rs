//! What may be sent and shared. A change here is a breaking one.

use gusset_breaker::{
    Breaker, BreakerGuard, Config, ConfigError, Open, Permit, Transitions, judge::JudgeHttp,
};

fn send_and_sync<T: Send + Sync + 'static>() {}

#[test]
fn all_may_be_sent_and_shared() {
    send_and_sync::<Breaker>();
    send_and_sync::<BreakerGuard<JudgeHttp>>();
    send_and_sync::<Config>();
    send_and_sync::<ConfigError>();
    send_and_sync::<Open>();
    send_and_sync::<Permit>();
    send_and_sync::<Transitions>();
}

#[test]
fn a_permit_is_small() {
    use gusset_breaker::BreakerPermit;
    use gusset_breaker::judge::JudgeOutcome;
    use gusset_core::RequestResponse;
    use gusset_http::{Http, HttpClientClassifier};
    assert!(size_of::<BreakerPermit<RequestResponse<(), ()>, JudgeOutcome>>() <= 24);
    assert!(size_of::<BreakerPermit<Http<HttpClientClassifier>, JudgeHttp>>() <= 48);
}
