//! What a refused call is answered with, and how observers further out see it.

use std::time::Duration;

use gusset_core::{Admission, AdmissionLayer, CallContext, ObserveLayer, Outcome, Rejected};
use gusset_http::{Http, RequestHead, service_unavailable};
use gusset_testkit::{RecordingObserver, RecordingObserverCall, ScriptedBody};
use http::{Method, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok, only, request};

fn retry_after(after: Duration) -> String {
    let refused = Rejected::new("breaker").with_retry_after(after);
    let response: Response<()> = service_unavailable(&refused);
    response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_answer_is_503_and_is_not_to_be_kept() {
    let response: Response<String> = service_unavailable(&Rejected::new("breaker"));
    assert_eq!(
        (response.status().as_u16(), response.body().as_str()),
        (503, "")
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(
        !response.headers().contains_key("retry-after"),
        "the guard does not know"
    );
}

#[test]
fn the_time_to_wait_is_rounded_up_to_whole_seconds_and_is_at_least_one() {
    assert_eq!(retry_after(Duration::ZERO), "1");
    assert_eq!(retry_after(Duration::from_nanos(1)), "1");
    assert_eq!(retry_after(Duration::from_secs(1)), "1");
    assert_eq!(retry_after(Duration::new(1, 1)), "2");
    assert_eq!(retry_after(Duration::from_secs(90)), "90");
}

#[test]
fn the_longest_time_to_wait_does_not_overflow() {
    assert_eq!(retry_after(Duration::MAX), u64::MAX.to_string());
}

/// Admits nobody.
struct Closed;

impl Admission<Http> for Closed {
    type Permit = RecordingObserverCall;
    type Rejection = Rejected;

    fn admit(
        &self,
        _: RequestHead<'_>,
        _: &mut CallContext,
    ) -> Result<RecordingObserverCall, Rejected> {
        Err(Rejected::new("breaker"))
    }
}

#[test]
fn observers_further_out_see_a_refusal_and_by_whom() {
    let witness = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new(witness.clone());
    let guard = AdmissionLayer::<Http, _>::new(Closed)
        .respond_with(|refused: Rejected| service_unavailable::<ScriptedBody>(&refused));
    let mut service = observe.layer(guard.layer(Answers::with(ok(ScriptedBody::new()))));
    let Ok(response) = now(service.call(request(Method::GET)));
    assert_eq!(response.extensions().get(), Some(&Rejected::new("breaker")));
    let fact = only(&witness);
    assert_eq!(
        (fact.outcome, fact.status, fact.error),
        (Outcome::Rejected, Some("503"), Some("503"))
    );
}
