//! Observers and an admission policy in one driver.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::{Admission, AdmissionFuture, AdmissionLayer, Respond, admit, respond};
use crate::observe::{ObserveFuture, Shared};
use crate::start_once::start_once;
use crate::{
    CallTracker, Clock, ErrorStatuses, ObserveLayer, Observer, ProtocolRequest, ProtocolResponse,
};

/// Observes the calls of a service, and puts an admission policy in front of it, in one driver. Created by
/// [`ObserveLayer::admit`].
pub struct ObservedAdmissionLayer<P, O, G, R> {
    observe: ObserveLayer<P, O>,
    admission: Arc<G>,
    respond: R,
}

/// Observes the calls of a service and admits or rejects them. Created by [`ObservedAdmissionLayer`].
pub struct ObservedAdmission<S, P, O, G, R> {
    inner: S,
    /// The policy was closed in `poll_ready`, so the service was not polled for readiness.
    ready_skipped: bool,
    shared: Arc<Shared<O>>,
    admission: Arc<G>,
    respond: R,
    clock: Clock,
    error_statuses: Option<ErrorStatuses>,
    protocol: PhantomData<fn() -> P>,
}

// === impl ObserveLayer ===

impl<P, O> ObserveLayer<P, O> {
    /// Puts an admission policy inside of the observers, in the same driver.
    ///
    /// It is what `(observe, admission)` is, and costs about half of the second layer: one driver reads the clock,
    /// classifies and follows the body. The observers receive rejected calls too. Clock and error statuses are
    /// those of this layer; those of the policy's layer apply where this one has none.
    ///
    /// ```
    /// use gusset_core::{AdmissionLayer, ObserveLayer, RequestResponse};
    /// # use gusset_core::{Admission, CallContext, Protocol, Rejected};
    /// # struct Open;
    /// # impl<P: Protocol> Admission<P> for Open {
    /// #     type Permit = ();
    /// #     type Rejection = Rejected;
    /// #     fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> { Ok(()) }
    /// # }
    /// type Job = RequestResponse<u32, String>;
    ///
    /// let admission = AdmissionLayer::<Job, _>::new(Open)
    ///     .respond_with(|rejected: Rejected| rejected.to_string());
    /// let layer = ObserveLayer::<Job, _>::new(()).admit(admission);
    /// ```
    pub fn admit<G, R>(
        mut self,
        admission: AdmissionLayer<P, G, R>,
    ) -> ObservedAdmissionLayer<P, O, G, R> {
        let AdmissionLayer {
            admission,
            respond,
            error_statuses,
            ..
        } = admission;
        self.error_statuses = self.error_statuses.or(error_statuses);
        ObservedAdmissionLayer {
            observe: self,
            admission,
            respond,
        }
    }
}

// === impl ObservedAdmissionLayer ===

impl<S, P, O, G, R: Clone> Layer<S> for ObservedAdmissionLayer<P, O, G, R> {
    type Service = ObservedAdmission<S, P, O, G, R>;

    fn layer(&self, inner: S) -> Self::Service {
        ObservedAdmission {
            inner,
            ready_skipped: false,
            shared: self.observe.shared.clone(),
            admission: self.admission.clone(),
            respond: self.respond.clone(),
            clock: self.observe.clock.clone(),
            error_statuses: self.observe.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<P, O, G, R: Clone> Clone for ObservedAdmissionLayer<P, O, G, R> {
    fn clone(&self) -> Self {
        Self {
            observe: self.observe.clone(),
            admission: self.admission.clone(),
            respond: self.respond.clone(),
        }
    }
}

impl<P, O, G, R> fmt::Debug for ObservedAdmissionLayer<P, O, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedAdmissionLayer")
            .finish_non_exhaustive()
    }
}

// === impl ObservedAdmission ===

impl<S, P, O, G, R, Req> Service<Req> for ObservedAdmission<S, P, O, G, R>
where
    S: Service<Req>,
    S::Error: 'static,
    P: ProtocolRequest<Req> + ProtocolResponse<S::Response>,
    O: Observer<P>,
    G: Admission<P>,
    R: Respond<G::Rejection, S::Response, S::Error>,
{
    type Response = P::Tracked<(Option<O::Call>, Option<G::Permit>)>;
    type Error = S::Error;
    type Future =
        AdmissionFuture<S::Future, P, (Option<O::Call>, Option<G::Permit>), S::Response, S::Error>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.ready_skipped = self.admission.is_closed(&self.clock);
        if self.ready_skipped {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        let cache = P::Cache::default();
        let head = P::head(&req, &cache);
        let shared = &*self.shared;
        let key = shared.key::<P>(head);
        let ready_skipped = std::mem::take(&mut self.ready_skipped);
        let mut rejection = None;
        let mut track = CallTracker::start_in_layer(
            |cx| {
                let call = start_once(&shared.observer, head, cx);
                let admitted = admit(&*self.admission, ready_skipped, head, cx);
                let permit = admitted.map_err(|rejected| rejection = Some(rejected));
                Some((call, permit.ok()))
            },
            shared.observers.set(),
            head,
            key.unwrap_or(shared.protocol_key),
            self.error_statuses,
            self.clock.clone(),
        );
        let mut poll = track.poll_guard();
        poll.enter_with_request();
        if let Some(rejection) = rejection {
            let (answer, rejected) =
                respond::<P, _, _, _, _>(&*self.admission, &self.respond, rejection);
            poll.exit();
            drop(poll);
            return AdmissionFuture::rejected(answer, rejected, track);
        }
        // A service may do its work, and unwind, before it returns a future.
        let inner = self.inner.call(req);
        poll.exit();
        drop(poll);
        if key.is_none() {
            track.forget_request();
        }
        AdmissionFuture::admitted(ObserveFuture::new(inner, track))
    }
}

impl<S: Clone, P, O, G, R: Clone> Clone for ObservedAdmission<S, P, O, G, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            // A clone starts unready.
            ready_skipped: false,
            shared: self.shared.clone(),
            admission: self.admission.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<S: fmt::Debug, P, O, G, R> fmt::Debug for ObservedAdmission<S, P, O, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedAdmission")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
