//! Guards: parts that look, and may refuse at once; and their driver, as a Tower middleware.

mod future;
mod layer;
pub(crate) mod rejection_slot;
mod respond;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

pub use self::future::AdmissionFuture;
pub use self::layer::AdmissionLayer;
pub use self::respond::{IntoServiceError, Respond, RespondWith};
use crate::current::Frame;
use crate::observe::ObserveFuture;
use crate::{
    CallContext, CallObserver, CallTracker, Clock, Protocol, ProtocolRequest, ProtocolResponse,
    Rejected,
};

/// A part that looks at calls and may refuse them: a circuit breaker, a bulkhead.
///
/// A permit is a [`CallObserver`]: it hears every kind of end, so it cannot leak.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Admission, AdmissionLayer, Protocol, Rejected, RequestResponse};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::{AcqRel, Acquire}};
///
/// /// So many calls at a time, and no more.
/// struct Bulkhead(Arc<AtomicUsize>);
/// struct Place(Arc<AtomicUsize>);
///
/// impl<P: Protocol> Admission<P> for Bulkhead {
///     type Permit = Place;
///     type Rejection = Rejected;
///     fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Place, Rejected> {
///         match self.0.fetch_update(AcqRel, Acquire, |free| free.checked_sub(1)) {
///             Ok(_) => Ok(Place(self.0.clone())),
///             Err(_) => Err(Rejected::new("bulkhead")),
///         }
///     }
/// }
///
/// impl<P: Protocol> CallObserver<P> for Place {
///     fn on_end(self, _: End<'_, P>, _: &CallContext) {
///         self.0.fetch_add(1, AcqRel);
///     }
/// }
///
/// let layer = AdmissionLayer::<RequestResponse<u32, u32>, _>::new(Bulkhead(Arc::new(AtomicUsize::new(8))));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not guard `{P}`",
    label = "not a guard of this protocol",
    note = "implement `Admission<{P}>` for it"
)]
pub trait Admission<P: Protocol>: Send + Sync + 'static {
    /// The state of an admitted call.
    type Permit: CallObserver<P>;
    /// Why a call was not admitted. A [`Rejected`] has to be found on its `source()` chain, or to be
    /// it, so that observers further out see a refusal.
    type Rejection: Error + Send + Sync + 'static;

    /// Admits a call or refuses it, at once. Must not panic, block or wait.
    ///
    /// # Errors
    /// The refusal; the service is not called.
    fn admit(
        &self,
        req: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<Self::Permit, Self::Rejection>;

    /// Whether every call would be refused now, so that the service is not even asked whether it is
    /// ready: one that hangs would hold the refusals back. Called in `poll_ready`.
    fn is_closed(&self, _clock: &Clock) -> bool {
        false
    }

    /// Refuses a call whose `poll_ready` found the guard shut: the service is not ready for it,
    /// whatever the guard thinks by now. Called instead of [`admit`](Self::admit).
    ///
    /// Has to be written where [`is_closed`](Self::is_closed) is; `None` means that `admit` decides.
    fn reject(&self, _req: P::Request<'_>, _cx: &mut CallContext) -> Option<Self::Rejection> {
        None
    }
}

/// A service behind a guard. Made by [`AdmissionLayer`].
///
/// Refuses in `call`, never in `poll_ready`, and does not touch the service for a refused call.
pub struct Admitted<S, P, G, R> {
    inner: S,
    /// The guard was found shut, so the service was not asked whether it is ready.
    ready_skipped: bool,
    guard: Arc<G>,
    respond: R,
    clock: Clock,
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
        self.ready_skipped = self.guard.is_closed(&self.clock);
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
        let turned_away = if ready_skipped {
            self.guard.reject(head, &mut cx)
        } else {
            None
        };
        let admitted = match turned_away {
            Some(refusal) => Err(refusal),
            None => self.guard.admit(head, &mut cx),
        };
        match admitted {
            Ok(permit) => {
                let mut track = CallTracker::resume(permit, head, cx, Frame::NONE, clock);
                let inner = track.in_scope(|| self.inner.call(req));
                AdmissionFuture::admitted(ObserveFuture::new(inner, track))
            }
            Err(refusal) => {
                let mark = Rejected::find_in(&refusal).cloned();
                let mut answer = self.respond.respond(refusal);
                if let (Ok(res), Some(mark)) = (&mut answer, &mark) {
                    P::mark_rejected(res, mark);
                }
                AdmissionFuture::rejected(answer, mark)
            }
        }
    }
}

impl<S: Clone, P, G, R: Clone> Clone for Admitted<S, P, G, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            // A clone has been told nothing.
            ready_skipped: false,
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
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
