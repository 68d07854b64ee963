//! The rules of every admission policy.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset_core::{
    Admission, AdmissionLayer, CallContext, CallObserver, End, ObserveLayer, Outcome, Rejected,
};
use gusset_http::{Http, RequestHead, ResponseHead};
use http::Response;
use tower_layer::Layer;
use tower_service::Service;

use super::scenario::ALL;
use crate::{RecordingObserver, RecordingObserverCall, ScriptError};

/// Checks that a permit receives every kind of end without a panic, that observers receive it too, and
/// that a panic of the service passes through. The policy has to admit consecutive calls.
///
/// # Panics
/// If the rule is broken.
pub fn permits_receive_every_end<G: Admission<Http>>(policy: G) {
    let recorder = RecordingObserver::new();
    let policy = AdmissionLayer::<Http, _>::new(Recorded {
        policy,
        recorder: recorder.clone(),
    })
    .respond_with(|_| panic!("the policy admits"));
    for (heard, scenario) in ALL.iter().enumerate() {
        scenario.play(policy.layer(scenario.service()), |mut service, req| {
            service.call(req)
        });
        let calls = recorder.calls();
        scenario.check(&calls[heard..]);
        assert_eq!(
            recorder.in_flight(),
            0,
            "the call that is {}",
            scenario.name
        );
    }
}

/// Checks that a rejection does not touch the service, and that an outer observer recognises it. The
/// policy has to reject.
///
/// # Panics
/// If the rule is broken.
pub fn rejections_are_marked<G: Admission<Http>>(policy: G) {
    let recorder = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new(recorder.clone());
    let policy = AdmissionLayer::<Http, _>::new(policy).respond_with(|rejection: G::Rejection| {
        assert!(
            Rejected::find_in(&rejection).is_some(),
            "`Rejected` is on the rejection's `source()` chain"
        );
        Response::new(crate::ScriptedBody::new())
    });
    let mut service = observe.layer(policy.layer(Untouchable));
    let future = pin!(service.call(http::Request::new(())));
    let Poll::Ready(Ok(res)) = future.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a rejected call is answered immediately");
    };
    drop(res);
    let outcomes: Vec<_> = recorder.calls().iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, [Outcome::Rejected]);
}

/// Records the permits of another policy.
struct Recorded<G> {
    policy: G,
    recorder: RecordingObserver,
}

struct RecordedPermit<C> {
    permit: C,
    recorder: RecordingObserverCall,
}

impl<G: Admission<Http>> Admission<Http> for Recorded<G> {
    type Permit = RecordedPermit<G::Permit>;
    type Rejection = G::Rejection;

    fn admit(
        &self,
        req: RequestHead<'_>,
        cx: &mut CallContext,
    ) -> Result<Self::Permit, G::Rejection> {
        let permit = self.policy.admit(req, cx)?;
        let recorder = gusset_core::Observer::<Http>::start(&self.recorder, req, cx);
        Ok(RecordedPermit { permit, recorder })
    }
}

impl<C: CallObserver<Http>> CallObserver<Http> for RecordedPermit<C> {
    fn enter(&mut self) {
        self.permit.enter();
    }

    fn exit(&mut self) {
        self.permit.exit();
    }

    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        self.permit.waker(task)
    }

    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        self.permit.on_response(res, cx);
        CallObserver::<Http>::on_response(&mut self.recorder, res, cx);
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        self.permit.on_data(len, cx);
        CallObserver::<Http>::on_data(&mut self.recorder, len, cx);
    }

    fn on_end(self, end: End<'_, Http>, cx: &CallContext) {
        self.permit.on_end(end, cx);
        self.recorder.on_end(end, cx);
    }
}

/// A service that may not be called.
struct Untouchable;

impl Service<http::Request<()>> for Untouchable {
    type Response = Response<crate::ScriptedBody>;
    type Error = ScriptError;
    type Future = std::future::Ready<Result<Self::Response, ScriptError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ScriptError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<()>) -> Self::Future {
        panic!("a rejected call does not touch the service");
    }
}
