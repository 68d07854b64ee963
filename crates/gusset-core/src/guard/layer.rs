use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::{AsError, Guard, Guarded, RespondWith};
use crate::{Clock, Protocol};

/// A layer that puts a guard before a service.
///
/// The guard's state is in the layer's value: clones and everything that `layer()` makes share it.
/// A refused call fails with the service's own error type, which has to be `From` the refusal, or
/// is answered by [`respond_with`](Self::respond_with).
///
/// ```
/// use gusset_core::{Call, Cx, End, Guard, GuardLayer, Protocol, Refused, Unary};
///
/// struct Closed;
/// struct Permit;
///
/// impl<P: Protocol> Guard<P> for Closed {
///     type Permit = Permit;
///     type Refusal = Refused;
///     fn admit(&self, _: P::Request<'_>, _: &mut Cx) -> Result<Permit, Refused> {
///         Err(Refused::new("closed"))
///     }
/// }
///
/// impl<P: Protocol> Call<P> for Permit {
///     fn on_end(self, _: End<'_, P>, _: &Cx) {}
/// }
///
/// let layer = GuardLayer::<Unary<u32, String>, _>::new(Closed)
///     .respond_with(|refused: Refused| refused.to_string());
/// ```
pub struct GuardLayer<P, G, R = AsError> {
    guard: Arc<G>,
    respond: R,
    clock: Clock,
    protocol: PhantomData<fn() -> P>,
}

// === impl GuardLayer ===

impl<P, G> GuardLayer<P, G> {
    /// A layer for that guard.
    pub fn new(guard: G) -> Self
    where
        P: Protocol,
        G: Guard<P>,
    {
        Self {
            guard: Arc::new(guard),
            respond: AsError,
            clock: Clock::system(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> GuardLayer<P, G, R> {
    /// Answers refused calls with a response that `respond` makes of the refusal.
    #[must_use]
    pub fn respond_with<F>(self, respond: F) -> GuardLayer<P, G, RespondWith<F>> {
        GuardLayer {
            guard: self.guard,
            respond: RespondWith(respond),
            clock: self.clock,
            protocol: PhantomData,
        }
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S, P, G, R: Clone> Layer<S> for GuardLayer<P, G, R> {
    type Service = Guarded<S, P, G, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded {
            inner,
            unasked: false,
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R: Clone> Clone for GuardLayer<P, G, R> {
    fn clone(&self) -> Self {
        Self {
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> fmt::Debug for GuardLayer<P, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").finish_non_exhaustive()
    }
}
