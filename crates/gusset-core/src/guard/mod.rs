//! Guards: parts that look, and may refuse at once; and their driver, as a Tower middleware.

mod future;
mod layer;
pub(crate) mod mark;
mod respond;

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

pub use self::future::GuardFuture;
pub use self::layer::GuardLayer;
pub use self::respond::{AsError, Respond, RespondWith};
use crate::observe::ObserveFuture;
use crate::{Accept, Call, Clock, Cx, Deliver, Protocol, Refused, Track};

/// A part that looks at calls and may refuse them: a circuit breaker, a bulkhead.
///
/// A permit is a [`Call`]: it hears every kind of end, so it cannot leak.
///
/// ```
/// use gusset_core::{Call, Cx, End, Guard, GuardLayer, Protocol, Refused, Unary};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::{AcqRel, Acquire}};
///
/// /// So many calls at a time, and no more.
/// struct Bulkhead(Arc<AtomicUsize>);
/// struct Place(Arc<AtomicUsize>);
///
/// impl<P: Protocol> Guard<P> for Bulkhead {
///     type Permit = Place;
///     type Refusal = Refused;
///     fn admit(&self, _: P::Request<'_>, _: &mut Cx) -> Result<Place, Refused> {
///         match self.0.fetch_update(AcqRel, Acquire, |free| free.checked_sub(1)) {
///             Ok(_) => Ok(Place(self.0.clone())),
///             Err(_) => Err(Refused::new("bulkhead")),
///         }
///     }
/// }
///
/// impl<P: Protocol> Call<P> for Place {
///     fn on_end(self, _: End<'_, P>, _: &Cx) {
///         self.0.fetch_add(1, AcqRel);
///     }
/// }
///
/// let layer = GuardLayer::<Unary<u32, u32>, _>::new(Bulkhead(Arc::new(AtomicUsize::new(8))));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not guard `{P}`",
    label = "not a guard of this protocol",
    note = "implement `Guard<{P}>` for it"
)]
pub trait Guard<P: Protocol>: Send + Sync + 'static {
    /// The state of an admitted call.
    type Permit: Call<P>;
    /// Why a call was not admitted. A [`Refused`] has to be found on its `source()` chain, or to be
    /// it, so that observers further out see a refusal.
    type Refusal: Error + Send + Sync + 'static;

    /// Admits a call or refuses it, at once. Must not panic, block or wait.
    ///
    /// # Errors
    /// The refusal; the service is not called.
    fn admit(&self, req: P::Request<'_>, cx: &mut Cx) -> Result<Self::Permit, Self::Refusal>;

    /// Whether every call would be refused now, so that the service is not even asked whether it is
    /// ready: one that hangs would hold the refusals back. Called in `poll_ready`.
    fn is_shut(&self, _clock: &Clock) -> bool {
        false
    }

    /// Refuses a call whose `poll_ready` found the guard shut: the service is not ready for it,
    /// whatever the guard thinks by now. Called instead of [`admit`](Self::admit).
    ///
    /// Has to be written where [`is_shut`](Self::is_shut) is; `None` means that `admit` decides.
    fn turn_away(&self, _req: P::Request<'_>, _cx: &mut Cx) -> Option<Self::Refusal> {
        None
    }
}

/// A service behind a guard. Made by [`GuardLayer`].
///
/// Refuses in `call`, never in `poll_ready`, and does not touch the service for a refused call.
pub struct Guarded<S, P, G, R> {
    inner: S,
    /// The guard was found shut, so the service was not asked whether it is ready.
    unasked: bool,
    guard: Arc<G>,
    respond: R,
    clock: Clock,
    protocol: PhantomData<fn() -> P>,
}

// === impl Guarded ===

impl<S, P, G, R, Req> Service<Req> for Guarded<S, P, G, R>
where
    S: Service<Req>,
    S::Error: 'static,
    P: Accept<Req> + Deliver<S::Response>,
    G: Guard<P>,
    R: Respond<G::Refusal, S::Response, S::Error>,
{
    type Response = P::Tracked<G::Permit>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, P, G::Permit, S::Response, S::Error>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.unasked = self.guard.is_shut(&self.clock);
        if self.unasked {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        let head = P::head(&req);
        let clock = self.clock.clone();
        let mut cx = Cx::start(&clock);
        let unasked = std::mem::take(&mut self.unasked);
        let turned_away = if unasked {
            self.guard.turn_away(head, &mut cx)
        } else {
            None
        };
        let admitted = match turned_away {
            Some(refusal) => Err(refusal),
            None => self.guard.admit(head, &mut cx),
        };
        match admitted {
            Ok(permit) => {
                let mut track = Track::resume(permit, head, cx, clock);
                let inner = track.scope(|| self.inner.call(req));
                GuardFuture::admitted(ObserveFuture::new(inner, track))
            }
            Err(refusal) => {
                let mark = Refused::find(&refusal).cloned();
                let mut answer = self.respond.respond(refusal);
                if let (Ok(res), Some(mark)) = (&mut answer, &mark) {
                    P::mark_refused(res, mark);
                }
                GuardFuture::refused(answer, mark)
            }
        }
    }
}

impl<S: Clone, P, G, R: Clone> Clone for Guarded<S, P, G, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            // A clone has been told nothing.
            unasked: false,
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<S: fmt::Debug, P, G, R> fmt::Debug for Guarded<S, P, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
