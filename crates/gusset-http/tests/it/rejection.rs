//! The response to a rejected call, and how outer observers see it.

use std::time::Duration;

use gusset_core::{Admission, AdmissionLayer, CallContext, ObserveLayer, Outcome, Rejected};
use gusset_http::{Http, RequestHead, service_unavailable};
use gusset_testkit::{RecordingObserver, RecordingObserverCall, ScriptedBody};
use http::{Method, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{Answers, now, ok, only, request};

fn retry_after(after: Duration) -> String {
    let rejected = Rejected::new("breaker").with_retry_after(after);
    let response: Response<()> = service_unavailable(&rejected);
    response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn response_is_503_and_not_cacheable() {
    let response: Response<String> = service_unavailable(&Rejected::new("breaker"));
    assert_eq!(
        (response.status().as_u16(), response.body().as_str()),
        (503, "")
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(
        !response.headers().contains_key("retry-after"),
        "no time is known"
    );
}

#[test]
fn retry_after_is_rounded_up_to_whole_seconds() {
    assert_eq!(retry_after(Duration::ZERO), "1");
    assert_eq!(retry_after(Duration::from_nanos(1)), "1");
    assert_eq!(retry_after(Duration::from_secs(1)), "1");
    assert_eq!(retry_after(Duration::new(1, 1)), "2");
    assert_eq!(retry_after(Duration::from_secs(90)), "90");
}

#[test]
fn longest_retry_after_does_not_overflow() {
    assert_eq!(retry_after(Duration::MAX), u64::MAX.to_string());
}

/// Rejects every call.
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
fn outer_observers_see_the_rejection() {
    let recorder = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new(recorder.clone());
    let admission = AdmissionLayer::<Http, _>::new(Closed)
        .respond_with(|rejected: Rejected| service_unavailable::<ScriptedBody>(&rejected));
    let mut service = observe.layer(admission.layer(Answers::with(ok(ScriptedBody::new()))));
    let Ok(response) = now(service.call(request(Method::GET)));
    assert_eq!(response.extensions().get(), Some(&Rejected::new("breaker")));
    let call = only(&recorder);
    assert_eq!(
        (call.outcome, call.status, call.error),
        (Outcome::Rejected, Some("503"), Some("503"))
    );
}
