//! Admission policies and their driver, as Tower middleware.

mod future;
mod layer;
mod observed;
mod respond;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

pub use self::future::AdmissionFuture;
pub use self::layer::AdmissionLayer;
pub use self::observed::{ObservedAdmission, ObservedAdmissionLayer};
pub use self::respond::{IntoServiceError, Respond, RespondWith};
use crate::observe::ObserveFuture;
use crate::{
    CallContext, CallObserver, CallTracker, Clock, ErrorStatuses, Protocol, ProtocolRequest,
    ProtocolResponse, Rejected,
};

/// An admission policy, which observes calls and may reject them: a circuit breaker, a bulkhead.
///
/// A permit is a [`CallObserver`]: it receives every kind of end, so it cannot leak.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Admission, AdmissionLayer, Protocol, Rejected, RequestResponse};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::{AcqRel, Acquire}};
///
/// /// A limit on concurrent calls.
/// struct Bulkhead(Arc<AtomicUsize>);
/// struct BulkheadPermit(Arc<AtomicUsize>);
///
/// impl<P: Protocol> Admission<P> for Bulkhead {
///     type Permit = BulkheadPermit;
///     type Rejection = Rejected;
///     fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<BulkheadPermit, Rejected> {
///         match self.0.fetch_update(AcqRel, Acquire, |free| free.checked_sub(1)) {
///             Ok(_) => Ok(BulkheadPermit(self.0.clone())),
///             Err(_) => Err(Rejected::new("bulkhead")),
///         }
///     }
/// }
///
/// impl<P: Protocol> CallObserver<P> for BulkheadPermit {
///     fn on_end(self, _: End<'_, P>, _: &CallContext) {
///         self.0.fetch_add(1, AcqRel);
///     }
/// }
///
/// let layer = AdmissionLayer::<RequestResponse<u32, u32>, _>::new(Bulkhead(Arc::new(AtomicUsize::new(8))));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an admission policy for `{P}`",
    label = "not an admission policy for this protocol",
    note = "implement `Admission<{P}>` for it"
)]
pub trait Admission<P: Protocol>: Send + Sync + 'static {
    /// The state of an admitted call.
    type Permit: CallObserver<P>;
    /// Why a call was not admitted. It is a [`Rejected`] or has one on its `source()` chain, so that
    /// observers further out recognise a rejection.
    type Rejection: Error + Send + Sync + 'static;

    /// Admits or rejects a call immediately. Must not panic, block or wait.
    ///
    /// # Errors
    /// The rejection; the service is not called.
    fn admit(
        &self,
        req: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<Self::Permit, Self::Rejection>;

    /// Returns whether every call would be rejected now. Then the service is not polled for readiness,
    /// because a service that hangs would delay the rejections. Called in `poll_ready`. Defaults to
    /// `false`.
    fn is_closed(&self, _clock: &Clock) -> bool {
        false
    }

    /// Rejects a call for which [`is_closed`](Self::is_closed) was true in `poll_ready`: the service is
    /// not ready for it, whatever the policy would decide by now. Called instead of
    /// [`admit`](Self::admit).
    ///
    /// A policy that implements `is_closed` has to implement this too; `None`, the default, means that
    /// `admit` decides.
    fn reject(&self, _req: P::Request<'_>, _cx: &mut CallContext) -> Option<Self::Rejection> {
        None
    }

    /// Counts a panic of the function that responds to rejected calls
    /// ([`respond_with`](AdmissionLayer::respond_with)), and reports the first. The panic then goes on.
    /// Defaults to nothing: the panic hook of the process has reported it.
    fn on_respond_panic(&self) {}
}

/// Puts an admission policy in front of a service. Created by [`AdmissionLayer`].
///
/// Rejects in `call`, never in `poll_ready`, and does not touch the service for a rejected call.
pub struct Admitted<S, P, G, R> {
    inner: S,
    /// The policy was closed in `poll_ready`, so the service was not polled for readiness.
    ready_skipped: bool,
    admission: Arc<G>,
    respond: R,
    clock: Clock,
    error_statuses: Option<ErrorStatuses>,
    protocol: PhantomData<fn() -> P>,
}

// === impl Admitted ===

impl<S, P, G, R, Req> Service<Req> for Admitted<S, P, G, R>
where
    S: Service<Req>,
    S::Error: 'static,
    P: ProtocolRequest<Req> + ProtocolResponse<S::Response>,
    G: Admission<P>,
    R: Respond<G::Rejection, S::Response, S::Error>,
{
    type Response = P::Tracked<G::Permit>;
    type Error = S::Error;
    type Future = AdmissionFuture<S::Future, P, G::Permit, S::Response, S::Error>;

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
        let clock = self.clock.clone();
        let mut cx = CallContext::start(&clock);
        let ready_skipped = std::mem::take(&mut self.ready_skipped);
        match admit(&*self.admission, ready_skipped, head, &mut cx) {
            Ok(permit) => {
                let statuses = self.error_statuses;
                let mut track = CallTracker::resume_permit(permit, head, cx, statuses, clock);
                let mut poll = track.poll_guard();
                poll.enter();
                let inner = self.inner.call(req);
                poll.exit();
                drop(poll);
                AdmissionFuture::admitted(ObserveFuture::new(inner, track))
            }
            Err(rejection) => {
                let (answer, rejected) =
                    respond::<P, _, _, _, _>(&*self.admission, &self.respond, rejection);
                AdmissionFuture::rejected(answer, rejected, CallTracker::disabled())
            }
        }
    }
}

/// Admits or rejects a call. `ready_skipped` is whether the policy was closed in `poll_ready`.
#[inline]
fn admit<P: Protocol, G: Admission<P>>(
    admission: &G,
    ready_skipped: bool,
    req: P::Request<'_>,
    cx: &mut CallContext,
) -> Result<G::Permit, G::Rejection> {
    let rejection = match ready_skipped {
        true => admission.reject(req, cx),
        false => None,
    };
    match rejection {
        Some(rejection) => Err(rejection),
        None => admission.admit(req, cx),
    }
}

/// Returns the result of a rejected call, and the rejection that it is marked with.
#[cold]
fn respond<P, G, R, Res, E>(
    admission: &G,
    respond: &R,
    rejection: G::Rejection,
) -> (Result<Res, E>, Option<Rejected>)
where
    P: ProtocolResponse<Res>,
    G: Admission<P>,
    R: Respond<G::Rejection, Res, E>,
{
    let rejected = Rejected::find_in(&rejection).cloned();
    let responded = catch_unwind(AssertUnwindSafe(|| respond.respond(rejection)));
    let mut answer = responded.unwrap_or_else(|thrown| {
        admission.on_respond_panic();
        resume_unwind(thrown)
    });
    if let (Ok(res), Some(rejected)) = (&mut answer, &rejected) {
        P::mark_rejected(res, rejected);
    }
    (answer, rejected)
}

impl<S: Clone, P, G, R: Clone> Clone for Admitted<S, P, G, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            // A clone starts unready.
            ready_skipped: false,
            admission: self.admission.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<S: fmt::Debug, P, G, R> fmt::Debug for Admitted<S, P, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
