//! The rules that every guard keeps.

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

/// A permit hears every kind of end, and neither panics nor keeps observers from hearing it; the
/// service's panic passes through it. The guard has to admit calls that come one after the other.
///
/// # Panics
/// If the rule is broken.
pub fn permits_hear_every_end<G: Admission<Http>>(guard: G) {
    let witness = RecordingObserver::new();
    let guard = AdmissionLayer::<Http, _>::new(Watched {
        guard,
        witness: witness.clone(),
    })
    .respond_with(|_| panic!("the guard admits"));
    for (heard, scenario) in ALL.iter().enumerate() {
        scenario.play(guard.layer(scenario.service()), |mut service, req| {
            service.call(req)
        });
        let facts = witness.calls();
        scenario.check(&facts[heard..]);
        assert_eq!(witness.in_flight(), 0, "the call that is {}", scenario.name);
    }
}

/// A refusal does not touch the service, and an observer outside sees that it is one. The guard has
/// to refuse.
///
/// # Panics
/// If the rule is broken.
pub fn refusals_bear_the_mark<G: Admission<Http>>(guard: G) {
    let witness = RecordingObserver::new();
    let observe = ObserveLayer::<Http, _>::new(witness.clone());
    let guard = AdmissionLayer::<Http, _>::new(guard).respond_with(|refusal: G::Rejection| {
        assert!(
            Rejected::find_in(&refusal).is_some(),
            "`Rejected` is on the refusal's `source()` chain"
        );
        Response::new(crate::ScriptedBody::new())
    });
    let mut service = observe.layer(guard.layer(Untouchable));
    let future = pin!(service.call(http::Request::new(())));
    let Poll::Ready(Ok(res)) = future.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a refused call is answered at once");
    };
    drop(res);
    let outcomes: Vec<_> = witness.calls().iter().map(|fact| fact.outcome).collect();
    assert_eq!(outcomes, [Outcome::Rejected]);
}

/// A guard whose permits a witness hears too.
struct Watched<G> {
    guard: G,
    witness: RecordingObserver,
}

struct WatchedPermit<C> {
    permit: C,
    witness: RecordingObserverCall,
}

impl<G: Admission<Http>> Admission<Http> for Watched<G> {
    type Permit = WatchedPermit<G::Permit>;
    type Rejection = G::Rejection;

    fn admit(
        &self,
        req: RequestHead<'_>,
        cx: &mut CallContext,
    ) -> Result<Self::Permit, G::Rejection> {
        let permit = self.guard.admit(req, cx)?;
        let witness = gusset_core::Observer::<Http>::start(&self.witness, req, cx);
        Ok(WatchedPermit { permit, witness })
    }
}

impl<C: CallObserver<Http>> CallObserver<Http> for WatchedPermit<C> {
    fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        self.permit.scope(poll)
    }

    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        self.permit.on_response(res, cx);
        CallObserver::<Http>::on_response(&mut self.witness, res, cx);
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        self.permit.on_data(len, cx);
        CallObserver::<Http>::on_data(&mut self.witness, len, cx);
    }

    fn on_end(self, end: End<'_, Http>, cx: &CallContext) {
        self.permit.on_end(end, cx);
        self.witness.on_end(end, cx);
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
        panic!("a refused call does not touch the service");
    }
}
